// A file is sent in pieces of a hundred rows, so that its progress can be seen and no request is long.
import { post } from "./console.js";

const PIECE = 100; // rows
const form = document.getElementById("import");
const bar = document.getElementById("import-bar");
const text = document.getElementById("import-text");
const errors = document.getElementById("import-errors");

// A browser's own words on a file field are in its language, not in the page's.
const pick = document.querySelector(".pick");
const choose = Object.assign(document.createElement("span"), { className: "button small", textContent: pick.dataset.choose });
const chosen = Object.assign(document.createElement("span"), { className: "chosen" });
const nameFile = () => { chosen.textContent = form.elements.file.files[0]?.name ?? pick.dataset.none; };
choose.ariaHidden = chosen.ariaHidden = "true"; // the field says it to screen readers
pick.append(choose, chosen);
pick.classList.add("ours");
form.elements.file.addEventListener("change", nameFile);
nameFile();

/** The records of a CSV text with the lines that they begin in; a line break inside quotes does not end one. */
function records(csv) {
  const found = [];
  let begin = 0;
  let line = 1;
  let first = 1;
  let quoted = false;
  for (let place = 0; place <= csv.length; place += 1) {
    const sign = csv[place];
    const breaks = sign === "\n" || (sign === "\r" && csv[place + 1] !== "\n");
    if (sign === '"') quoted = !quoted;
    if (breaks) line += 1;
    if (place === csv.length || (breaks && !quoted)) {
      const record = csv.slice(begin, place).replace(/\r$/, "");
      if (record.trim()) found.push({ record, line: first });
      begin = place + 1;
      first = line;
    }
  }
  return found;
}

function decoded(bytes) {
  const [first, second] = new Uint8Array(bytes);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1251").decode(bytes);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  const all = records(decoded(await form.elements.file.files[0].arrayBuffer()));
  const names = all[0]?.record.startsWith("sep=") ? 2 : 1; // a spreadsheet's own line that names the separator
  const head = all.slice(0, names).map((each) => each.record).join("\n");
  const rows = all.slice(names);
  const button = form.querySelector("button");
  button.disabled = true;
  document.getElementById("import-progress").hidden = false;
  errors.hidden = true;
  errors.querySelector("tbody").replaceChildren();
  let added = 0;
  let bad = 0;
  const counts = {};
  bar.max = rows.length || 1;
  for (let done = 0; done < rows.length; done += PIECE) {
    const piece = new FormData();
    const part = rows.slice(done, done + PIECE);
    piece.set("file", new File([[head, ...part.map((each) => each.record)].join("\n")], "piece.csv"));
    piece.set("lines", part.map((each) => each.line).join(","));
    const report = await post(form.getAttribute("action"), piece);
    if (!report) break;
    added += report.added;
    bad += report.refused;
    for (const each of report.errors) {
      const row = errors.querySelector("tbody").insertRow();
      for (const value of [each.line, each.field, each.reason]) row.insertCell().textContent = value;
    }
    for (const [name, count] of Object.entries(report.unknown)) counts[name] = (counts[name] ?? 0) + count;
    const reached = Math.min(done + PIECE, rows.length);
    bar.value = reached;
    text.textContent = text.dataset.words.replace("{done}", reached).replace("{all}", rows.length).replace("{added}", added).replace("{bad}", bad);
  }
  errors.hidden = bad === 0;
  const unknown = document.getElementById("import-unknown");
  const told = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  unknown.hidden = told.length === 0;
  unknown.textContent = `${unknown.dataset.words} ${told.join(", ")}`;
  button.disabled = false;
});
