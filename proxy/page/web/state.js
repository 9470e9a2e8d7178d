// What is shown lives in the address, so that an address is a view to share; the back button goes through views.

const DEFAULTS = { tab: "fleet", metric: "", by: "", q: "0.99", range: "1h", end: "", compare: "", look: "",
  service: "", each: "host", window: "7d", horizon: "7d", times: "2", more: "0", at: "", length: "2h", ramp: "", slo: "", depends: "auto" };

export function read() {
  const parameters = new URLSearchParams(location.search);
  const state = { ...DEFAULTS, filters: parameters.getAll("filter") };
  for (const name of Object.keys(DEFAULTS)) if (parameters.has(name)) state[name] = parameters.get(name);
  return state;
}

export function address(state) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(DEFAULTS)) if (state[name] !== value) parameters.set(name, state[name]);
  for (const filter of state.filters) parameters.append("filter", filter);
  const text = parameters.toString();
  return text ? `?${text}` : location.pathname;
}

// `replace` for what changes many times a second.
export function write(state, replace) {
  if (address(state) === address(read())) return;
  history[replace ? "replaceState" : "pushState"](null, "", address(state));
}
