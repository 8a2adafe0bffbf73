// The portal: signing in by a code, a developer's property with a picture, a buyer's request, a chat.
// npx openapi-typescript http://127.0.0.1:8000/openapi.json -o api.ts && npx tsc && node portal.js http://127.0.0.1:8000
// needs a system with ENVIRONMENT=local, which answers the codes
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";

type Schemas = components["schemas"];

const url = process.argv[2] ?? "http://127.0.0.1:8000";
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

// What an answer holds; an error of the API becomes an exception.
function told<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function someDigits(count: number): string {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join("");
}

// Somebody new. The code comes by SMS; a local system answers it as well.
async function person(first_name: string, role: Schemas["SignUp"]["role"]): Promise<Client<paths>> {
  const stranger = createClient<paths>({ baseUrl: url });
  const phone = `+7705${someDigits(7)}`;
  const { code } = told(await stranger.POST("/users/register", { body: { phone, first_name, last_name: "Ким", role } }));
  const proof = { phone, activation_code: String(code) };
  told(await stranger.POST("/users/activate", { body: proof }));
  const { access_token } = told(await stranger.POST("/users/token", { body: proof }));
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${access_token}` } });
}

const seller = await person("Елена", "developer");
const buyer = await person("Олег", "user");

// The form of a property is multipart, with its pictures as files.
const form = {
  deal_format: "хочу продать", type: "квартира", subtype: "апартаменты", condition: "с ремонтом",
  entry_year: 2026, entry_quarter: 2, purpose: "для проживания", location: "ул. Назарбаева, 7, Семей",
  price: 52_000_000, currency: "тенге", title: "Студия у реки", description: "Светлая, с балконом.",
};
const home = told(
  await seller.POST("/properties/create", {
    body: { ...form, images: [] },
    bodySerializer: () => {
      const data = new FormData();
      for (const [name, value] of Object.entries(form)) data.append(name, String(value));
      const bytes = Uint8Array.from(atob(pixel), (letter) => letter.charCodeAt(0));
      data.append("images", new Blob([bytes], { type: "image/png" }), "pixel.png");
      return data;
    },
  }),
);

told(
  await buyer.POST("/users/create_request", {
    body: {
      city: "Семей", deal_format: "хочу купить", type: "квартира",
      budget_min: 40_000_000, budget_max: 60_000_000, currency: "тенге", wishes: "с балконом",
    },
  }),
);
const [request] = told(await buyer.GET("/users/my_requests"));
console.log("looks in", request?.city, request?.status);

// Messages travel over a WebSocket, /chat/ws/{id}; what was said is read over HTTP too.
const { id: buyer_id } = told(await buyer.GET("/users/me"));
const { id: seller_id } = told(await seller.GET("/users/me"));
const chat = told(await buyer.POST("/chat/create_chat", { body: { buyer_id, seller_id, property_id: home.id } }));
const chats = told(await seller.GET("/chat/my_chats"));
console.log("chat", chats.find((each) => each.id === chat.id)?.property_title);
