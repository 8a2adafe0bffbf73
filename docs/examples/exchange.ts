// The exchange: two realtors, a client's wish, a home, recommendations, a like from either side, a match.
// npx openapi-typescript http://127.0.0.1:8000/openapi.json -o api.ts && npx tsc && node exchange.js http://127.0.0.1:8000
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";

type Schemas = components["schemas"];

const url = process.argv[2] ?? "http://127.0.0.1:8000";
const password = "correct horse battery";

// What an answer holds; an error of the API becomes an exception.
function told<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function someDigits(count: number): string {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join("");
}

// A new realtor, signed in. POST /auth/login is the token endpoint of OAuth 2.0's password grant.
async function realtor(name: string): Promise<Client<paths>> {
  const stranger = createClient<paths>({ baseUrl: url });
  const email = `${crypto.randomUUID()}@example.com`;
  const user: Schemas["TinderSignUp"] = { role: "agent", name, email, phone: `+7701${someDigits(7)}`, password };
  told(await stranger.POST("/auth/register", { body: user }));
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const token = told(await stranger.POST("/auth/login", { body: { username: email, password }, headers }));
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token.access_token}` } });
}

const buyers = await realtor("Айгуль");
const sellers = await realtor("Борис");
const home: Schemas["PropertyBody"] = {
  address: { city: "Тараз", district: "Центр", street: "Абая", house_number: "7" },
  details: {
    price: 40_000_000, area: 60, rooms: 2, floor: 5, total_floors: 9,
    property_type: "APARTMENT", property_class: "COMFORT", condition: "FINISHING",
  },
  commission_share: 2.5,
};
const wish: Schemas["LeadBody"] = {
  client_name: "Самат",
  requirements: {
    location: { city: "Тараз", districts: ["Центр"], metro_stations: [] },
    budget: { min: 30_000_000, max: 45_000_000 },
    area: { min: 50, max: 70 },
    rooms: [2],
    property_type: "APARTMENT", property_class: "COMFORT", condition: "FINISHING", payment_method: "MORTGAGE",
  },
};
const offered = told(await sellers.POST("/properties", { body: home }));
const made = told(await buyers.POST("/leads", { body: wish }));
if (!("lead_id" in made)) throw new Error("an inquiry was made of a lead");
const path = { lead_id: Number(made.lead_id), property_id: Number(offered.property_id) };

// The lists follow a write within a second or so.
for (let tries = 0; ; tries += 1) {
  const page = told(await buyers.GET("/leads/{lead_id}/property-recommendations", { params: { path } }));
  const [best] = page.recommendations;
  if (best !== undefined) {
    console.log("best", best.property_id, best.match_score);
    break;
  }
  if (tries > 300) throw new Error("no recommendation came");
  await new Promise((done) => setTimeout(done, 200));
}

// A like from one side is pending, from both a match: contacts are shared from now on.
const body: Schemas["ActionBody"] = { action: "LIKE", proposed_commission: 2 };
const like = "/leads/{lead_id}/property-recommendations/{property_id}/action";
const likeBack = "/properties/{property_id}/lead-recommendations/{lead_id}/action";
const first = told(await buyers.POST(like, { params: { path }, body }));
const second = told(await sellers.POST(likeBack, { params: { path }, body }));
console.log(first.status, second.status);
const { matches } = told(await buyers.GET("/leads/{lead_id}/matches", { params: { path } }));
console.log("matched", matches[0]?.match_id);
