// The page: a tab at a time, its state in the address.
import { html, render, useEffect, useState } from "./htm.js";
import * as api from "./api.js";
import { Capacity } from "./capacity.js";
import { Cardinality } from "./cardinality.js";
import { Fleet } from "./fleet.js";
import { Topology } from "./topology.js";
import { address, read, write } from "./state.js";

const TABS = { fleet: ["Fleet percentiles", Fleet], capacity: ["Capacity", Capacity], topology: ["Topology", Topology], cardinality: ["Cardinality", Cardinality] };
const THEME = "tributary-theme";

function useTheme() {
  const [theme, set] = useState(localStorage.getItem(THEME) || "");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
  }, [theme]);
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  return [dark ? "dark" : "light", () => set(dark ? "light" : "dark")];
}

function App() {
  const [state, set] = useState(read());
  const [theme, toggle] = useTheme();
  const [cluster, setCluster] = useState({ name: "", interval: 0 });
  useEffect(() => {
    const back = () => set(read());
    addEventListener("popstate", back);
    api.cluster().then(({ data }) => setCluster({ name: data.cluster, interval: data.interval_seconds }),
      () => setCluster({ name: "", interval: 10 }));
    return () => removeEventListener("popstate", back);
  }, []);
  const change = (part, often) => set((before) => {
    const next = { ...before, ...part };
    write(next, often);
    return next;
  });
  const [, Tab] = TABS[state.tab] || TABS.fleet;
  const go = (tab) => (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    change({ tab });
  };
  return html`<header><span class="brand"><img src="/page/icon.svg" alt="" />Tributary <span>${cluster.name}</span></span>
      <nav aria-label="tabs">${Object.entries(TABS).map(([tab, [title]]) => html`
        <a href=${address({ ...state, tab })} aria-current=${state.tab === tab ? "page" : undefined} onClick=${go(tab)}>${title}</a>`)}</nav>
      <button onClick=${toggle} aria-label=${`use ${theme === "dark" ? "light" : "dark"} colours`}>${theme === "dark" ? "☀" : "☾"}</button></header>
    <main>${cluster.interval > 0 && html`<${Tab} key=${state.tab} ...${{ state, change, interval: cluster.interval, theme }} />`}</main>`;
}

const place = document.getElementById("app");
place.textContent = "";
render(html`<${App} />`, place);
