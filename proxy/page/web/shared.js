// What all tabs use: parts of the page, and asking with a state to show.
import { html, useEffect, useRef, useState } from "./htm.js";
import { setToken } from "./api.js";

// {busy, value, error}; `ask(signal)` anew when `keys` change, and every `every` seconds.
export function useAnswer(ask, keys, every) {
  const [answer, set] = useState({ busy: true });
  const [again, setAgain] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    set((before) => ({ ...before, busy: true }));
    ask(abort.signal).then(
      (value) => set({ busy: false, value }),
      (error) => error.name !== "AbortError" && set((before) => ({ busy: false, error, value: before.value })));
    const timer = every && setTimeout(() => setAgain(again + 1), 1000 * every);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [...keys, again]);
  return { ...answer, retry: () => setAgain(again + 1) };
}

// An `ask` that waits for the ones before to be answered, whoever has lost interest in them: a proxy goes on with what it was asked, and
// takes few questions of capacity at once.
let line = Promise.resolve();
export const inTurn = (ask) => (signal) => {
  const answer = line.then(() => {
    if (signal.aborted) throw new DOMException("no longer asked", "AbortError");
    return ask();
  });
  line = answer.catch(() => undefined);
  return answer;
};

export function Trouble({ error, retry }) {
  const token = useRef();
  if (!error) return null;
  if (error.status === 401) {
    const use = (event) => {
      event.preventDefault();
      setToken(token.current.value);
      retry();
    };
    return html`<div class="notice warn" role="alert"><p>This proxy asks for a token. It stays in this browser tab.</p>
      <form class="chips" onSubmit=${use}><input ref=${token} type="password" aria-label="token" autocomplete="off" /><button>Use it</button></form></div>`;
  }
  return html`<div class="notice bad" role="alert"><p>${error.message}</p><p><button onClick=${retry}>Try again</button></p></div>`;
}

export function Remarks({ warnings, infos }) {
  return html`${(warnings || []).length > 0 && html`<div class="notice warn" role="status">${warnings.map((text) => html`<p>${text}</p>`)}</div>`}
    ${(infos || []).length > 0 && html`<p class="infos">${infos.join(" · ")}</p>`}`;
}

export const Figure = ({ value, name, state }) => html`<div class="figure"><b class=${state || ""}>${value}</b><span>${name}</span></div>`;

// columns: [{title, cell: (row) => content, number}]
export function Table({ columns, rows, empty }) {
  if (rows.length === 0) return html`<p class="infos">${empty}</p>`;
  return html`<div class="scroll"><table>
    <thead><tr>${columns.map((c) => html`<th class=${c.number ? "n" : ""}>${c.title}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map((c) => html`<td class=${c.number ? "n" : ""}>${c.cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}
