// Saves figures and their data as files.

// The light colours of the style sheet, even if the page is dark: files are for print and for slides.
function lightColours() {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule.selectorText === ":root") return rule.style;
    }
  }
  return null;
}

function svgText(svg) {
  const copy = svg.cloneNode(true);
  copy.querySelectorAll("[data-ring]").forEach((ring) => ring.remove());
  copy.removeAttribute("tabindex");
  const margin = 10, width = Number(svg.getAttribute("width")) + 2 * margin, height = Number(svg.getAttribute("height")) + 2 * margin;
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("viewBox", `${-margin} ${-margin} ${width} ${height}`);
  copy.prepend(element("rect", {x: -margin, y: -margin, width, height, fill: "var(--page)"}));
  copy.setAttribute("font-family", "Helvetica, Arial, sans-serif");
  const colours = lightColours();
  return new XMLSerializer().serializeToString(copy).replace(/var\((--[a-z0-9-]+)\)/g, (_, name) => colours.getPropertyValue(name).trim());
}

function csvText(columns, rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

function save(name, type, text) {
  const link = html("a", {download: name, href: URL.createObjectURL(new Blob([text], {type}))});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
