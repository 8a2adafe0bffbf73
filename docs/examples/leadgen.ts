// Lead generation: a niche, a campaign, a lead that an advertisement won, its conversation, its outcome.
// npx openapi-typescript http://127.0.0.1:8000/openapi.json -o api.ts && npx tsc && API_KEY=... node leadgen.js http://127.0.0.1:8000
import createClient from "openapi-fetch";
import type { paths } from "./api";

const url = process.argv[2] ?? "http://127.0.0.1:8000";
const key = process.env["API_KEY"];

// What an answer holds; an error of the API becomes an exception.
function told<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function someDigits(count: number): string {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join("");
}

const api = createClient<paths>({ baseUrl: url, headers: key === undefined ? {} : { "X-API-Key": key } });
const niche = told(await api.POST("/api/niches", { body: { name: "Ремонт квартир", category: "repair", cpl_target: 3000 } }));
const campaign = told(
  await api.POST("/api/campaigns", { body: { niche_id: niche.id, name: "Весна", platform: "olx", budget: 50_000 } }),
);
const ad = told(
  await api.POST("/api/campaigns/{campaign_id}/ads", {
    params: { path: { campaign_id: campaign.id } },
    body: { title: "Ремонт под ключ" },
  }),
);

// The same phone in the same niche is one lead with another touch, not another lead.
const lead = told(
  await api.POST("/api/leads", {
    body: {
      ad_id: ad.id, name: "Иван", phone: `+7777${someDigits(7)}`, source: "whatsapp", budget: 900_000, notes: "Двушка, к маю",
    },
  }),
);
const path = { lead_id: lead.id };
told(
  await api.POST("/api/leads/{lead_id}/messages", {
    params: { path },
    body: { message: "Сколько стоит двушка?", sender: "lead", platform: "whatsapp" },
  }),
);
told(await api.PATCH("/api/leads/{lead_id}/status", { params: { path }, body: { status: "qualified" } }));
const [first] = told(await api.GET("/api/leads", { params: { query: { niche_id: niche.id } } }));
console.log(first?.name, first?.status, first?.quality_score);
const { messages } = told(await api.GET("/api/leads/{lead_id}/messages", { params: { path } }));
console.log("said", messages[0]?.message);
