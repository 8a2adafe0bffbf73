// The main job of the exchange through the types that openapi-typescript has made: two realtors, a lead, a property,
// recommendations, a like from either side, a match. Run by test_clients.py: node main_job.js <url>.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";

type Schemas = components["schemas"];

const url = process.argv[2] ?? "";
const password = "correct horse battery";

function told<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function signedIn(phone: string): Promise<Client<paths>> {
  const open = createClient<paths>({ baseUrl: url });
  const email = `${crypto.randomUUID()}@example.com`;
  const user: Schemas["TinderSignUp"] = { role: "agent", name: "Айгуль", email, phone, password };
  told(await open.POST("/auth/register", { body: user }));
  const token = told(
    await open.POST("/auth/login", {
      body: { username: email, password },
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    }),
  );
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token.access_token}` } });
}

const buyers = await signedIn("+77011230003");
const sellers = await signedIn("+77011230004");
const property: Schemas["PropertyBody"] = {
  address: { city: "Шымкент", district: "Абайский", street: "Абая", house_number: "7" },
  details: {
    price: 40_000_000, area: 60, rooms: 2, floor: 5, total_floors: 9,
    property_type: "APARTMENT", property_class: "COMFORT", condition: "FINISHING",
  },
  commission_share: 2.5,
};
const lead: Schemas["LeadBody"] = {
  requirements: {
    location: { city: "Шымкент", districts: ["Абайский"], metro_stations: [] },
    budget: { min: 30_000_000, max: 45_000_000 },
    area: { min: 50, max: 70 },
    rooms: [2],
    property_type: "APARTMENT", property_class: "COMFORT", condition: "FINISHING", payment_method: "MORTGAGE",
  },
};
const offered = told(await sellers.POST("/properties", { body: property }));
const made = told(await buyers.POST("/leads", { body: lead }));
if (!("lead_id" in made)) throw new Error("an inquiry was made of a lead");
const ids = { lead_id: Number(made.lead_id), property_id: Number(offered.property_id) };

let found: Schemas["PropertyRecommendations"]["recommendations"] = [];
for (let tries = 0; found.length === 0; tries += 1) {
  if (tries > 200) throw new Error("no recommendation came");
  const path = { lead_id: ids.lead_id };
  found = told(await buyers.GET("/leads/{lead_id}/property-recommendations", { params: { path } })).recommendations;
  if (found.length === 0) await new Promise((done) => setTimeout(done, 300));
}
if (found[0]?.property_id !== offered.property_id) throw new Error("another property is recommended");

const body: Schemas["ActionBody"] = { action: "LIKE", proposed_commission: 2 };
const like = "/leads/{lead_id}/property-recommendations/{property_id}/action";
const back = "/properties/{property_id}/lead-recommendations/{lead_id}/action";
const first = told(await buyers.POST(like, { params: { path: ids }, body }));
const second = told(await sellers.POST(back, { params: { path: ids }, body }));
if (first.status !== "PENDING" || second.status !== "ACCEPTED") throw new Error(`${first.status}, ${second.status}`);
const { matches } = told(await buyers.GET("/leads/{lead_id}/matches", { params: { path: { lead_id: ids.lead_id } } }));
const status: Schemas["MatchStatus"] | undefined = matches[0]?.status;
const condition: Schemas["Condition"] | null | undefined = matches[0]?.property.details.condition;
console.log("matched", matches[0]?.match_id, status, condition);
