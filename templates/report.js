"use strict";
const root = document.documentElement;
root.classList.add("js");
const find = (selector, within = document) => [...within.querySelectorAll(selector)];
const by = (id) => document.getElementById(id);

by("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
});

if (by("search")) {
  const search = by("search");
  const shown = by("shown");
  const number = Number(shown.dataset.number);
  const chips = find(".chips button");
  // What is looked at for each difference, gathered once.
  const sections = find("main > section").map((node) => ({
    node,
    objects: find(".object", node).map((object) => ({
      node: object,
      name: object.querySelector("summary").textContent.toLowerCase(),
      differences: find(".difference", object).map((difference) => ({
        node: difference,
        text: difference.textContent.toLowerCase(),
        values: {
          change: difference.dataset.change,
          element: difference.dataset.element,
          schema: node.dataset.schema,
        },
      })),
    })),
  }));

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = {};
    for (const chip of chips) {
      if (chip.getAttribute("aria-pressed") === "true") {
        const group = chip.closest(".chips").dataset.group;
        (pressed[group] ||= new Set()).add(chip.dataset.value);
      }
    }
    const groups = Object.entries(pressed);
    let count = 0;
    for (const section of sections) {
      let inSection = 0;
      for (const object of section.objects) {
        let inObject = 0;
        for (const { node, text, values } of object.differences) {
          const matches =
            groups.every(([group, chosen]) => chosen.has(values[group])) &&
            words.every((word) => text.includes(word) || object.name.includes(word));
          node.hidden = !matches;
          inObject += matches;
        }
        object.node.hidden = inObject === 0;
        inSection += inObject;
      }
      section.node.hidden = inSection === 0;
      count += inSection;
    }
    const filtered = groups.length > 0 || words.length > 0;
    const say = (n) => n.toLocaleString("en");
    shown.textContent = filtered ? `${say(count)} of ${say(number)} shown` : `${say(number)} shown`;
    by("nothing").hidden = count > 0;
    by("reset").disabled = !filtered;
  };

  const press = (chip, pressed) => chip.setAttribute("aria-pressed", String(pressed));
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      press(chip, chip.getAttribute("aria-pressed") !== "true");
      apply();
    });
  }
  search.addEventListener("input", apply);
  by("reset").addEventListener("click", () => {
    search.value = "";
    chips.forEach((chip) => press(chip, false));
    apply();
  });
  const fold = (open) => find(".object").forEach((object) => (object.open = open));
  by("fold").addEventListener("click", () => fold(false));
  by("unfold").addEventListener("click", () => fold(true));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
  apply();
}
