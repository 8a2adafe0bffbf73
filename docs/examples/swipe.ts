// Swiping: a landlord's listing, a tenant's preferences, the feed, a like, an inquiry.
// npx openapi-typescript http://127.0.0.1:8000/openapi.json -o api.ts && npx tsc && node swipe.js http://127.0.0.1:8000
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";

type Schemas = components["schemas"];

const url = process.argv[2] ?? "http://127.0.0.1:8000";

// What an answer holds; an error of the API becomes an exception.
function told<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function someDigits(count: number): string {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join("");
}

// Somebody new. The registration answers with a token at once.
async function person(name: string, role: Schemas["TinderSignUp"]["role"]): Promise<Client<paths>> {
  const user: Schemas["TinderSignUp"] = {
    role, name, email: `${crypto.randomUUID()}@example.com`, phone: `+7702${someDigits(7)}`, password: "correct horse battery",
  };
  const { access_token } = told(await createClient<paths>({ baseUrl: url }).POST("/auth/register", { body: user }));
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${access_token}` } });
}

const landlord = await person("Дана", "landlord");
const tenant = await person("Тимур", "tenant");
const flat = { city: "Кызылорда", deal_type: "rent", property_type: "flat" } as const;
const listing = told(await landlord.POST("/listings", { body: { title: "Двухкомнатная у парка", price: 180_000, ...flat } }));
told(await tenant.POST("/preferences", { body: { price_min: 100_000, price_max: 200_000, ...flat } }));

// The best listing that the tenant has not acted on; null once all are seen.
for (let tries = 0; ; tries += 1) {
  const shown = told(await tenant.GET("/feed/next"));
  if (shown !== null && shown.id === listing.id) {
    console.log("shown", shown.title, shown.price);
    break;
  }
  if (tries > 300) throw new Error("the listing is not shown");
  if (shown === null) await new Promise((done) => setTimeout(done, 200));
  else told(await tenant.POST("/feed/action", { body: { listing_id: shown.id, action: "dislike" } }));
}

const listing_id = listing.id;
told(await tenant.POST("/favorites", { body: { listing_id } }));
told(await tenant.POST("/feed/action", { body: { listing_id, action: "like" } }));
told(await tenant.POST("/leads", { body: { listing_id } }));
const [asked] = told(await landlord.GET("/leads/for-me"));
console.log("asked about", asked?.listing_id);
