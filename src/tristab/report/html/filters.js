// The menus at the top: they choose the families, sizes, methods and arithmetics to show, and the number.

function addMenu(form, name, title, values, labelOf, changed) {
  const details = html("details", {"data-filter": name}, form);
  const summary = html("summary", {}, details), menu = html("div", {class: "menu"}, details), chosen = selection[name];
  const all = html("p", {}, menu);
  const boxes = [];
  const show = () => {
    const only = chosen.size === 1 ? labelOf([...chosen][0]) : `${chosen.size} of ${values.length}`;
    summary.textContent = `${title}: ${chosen.size === values.length ? "all" : shortened(only, 150)}`;
  };
  const set = (values_) => {
    chosen.clear();
    values_.forEach((value) => chosen.add(value));
    boxes.forEach((box, k) => { box.checked = chosen.has(values[k]); });
    show();
    changed();
  };
  const button = (text, choose) => html("button", {type: "button"}, all, text).addEventListener("click", () => set(choose()));
  button("all", () => values);
  all.append(" ");
  button("none", () => []);
  const fill = () => values.forEach((value) => {
    const label = html("label", {}, menu), box = html("input", {type: "checkbox"}, label);
    box.checked = chosen.has(value);
    box.addEventListener("change", () => {
      box.checked ? chosen.add(value) : chosen.delete(value);
      show();
      changed();
    });
    label.append(labelOf(value));
    boxes.push(box);
  });
  // Long menus are made when they are opened.
  values.length <= 500 ? fill() : details.addEventListener("toggle", fill, {once: true});
  show();
}

function addChoice(form, name, title, options, changed) {
  if (options.length < 2) return;
  const label = html("label", {class: "choice"}, form, title), select = html("select", {"data-filter": name}, label);
  for (const [value, text] of options) html("option", {value}, select, text);
  select.value = selection[name];
  select.addEventListener("change", () => { selection[name] = select.value; changed(); });
}

function addFilters(form, changed) {
  addMenu(form, "families", "family", families, (k) => data.families[k], changed);
  addMenu(form, "sizes", "size", sizes, (n) => String(n), changed);
  addMenu(form, "methods", "method", methods, (name) => name, changed);
  addMenu(form, "arithmetics", "arithmetic", arithmetics, (name) => name, changed);
  addChoice(form, "metric", "error", metrics.map((name) => [name, `${name}: ${data.drawn[name][0]}`]), changed);
  addChoice(form, "statistic", "over trials", data.statistics ?? [["median", "median"], ["worst", "worst"]], changed);
  if (metrics.length > 0) addChoice(form, "condition", "condition", conditions.map((name) => [name, name]), changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const left of ["pointerdown", "focusin"]) {
    document.addEventListener(left, (event) => {
      form.querySelectorAll("details[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    });
  }
  form.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" ? event.target.closest("details[open]") : null;
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
