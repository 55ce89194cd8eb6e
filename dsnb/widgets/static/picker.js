// The picker's front end: a plain module, so that no host needs a build step.
//
// Text from the registry only ever becomes text nodes and attribute values. Python answers
// questions (`Kernel.ask`) and pushes news; nothing is asked in a loop, and nothing while hidden.

const SVG = "http://www.w3.org/2000/svg";
const ROW_HEIGHT = 46; // px, as in picker.css
const PAGE = 100; // rows per question; Python gives at most 200
const MOST = 60; // rows drawn at most, should a host's styles take away the list's height
const SETTLE = 120; // ms without a further change before something costly is asked
const PATIENCE = 3000; // ms to wait for a kernel's first word before its text is shown instead
const RENEW = 30000; // ms between two signs of life; Python forgets a silent view after 75 s

let views = 0;

export default {
  render({ model, el }) {
    const picker = new PickerView(model, el);
    return () => picker.dispose();
  },
};

// Pieces

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    const isFlag = typeof value === "boolean" && !name.startsWith("aria-");
    if (value !== null && value !== undefined && !(isFlag && !value)) {
      element.setAttribute(name, isFlag ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Two sheets of paper; few fonts have a sign for it.
function copyIcon() {
  const icon = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const set = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
  set(icon, { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" });
  set(path, { d: "M5.5 5.5h8v9h-8zM3.5 10.5h-1v-9h8v2", fill: "none", stroke: "currentColor", "stroke-width": 1.2 });
  icon.append(path);
  return icon;
}

function later(wait, work) {
  let timer = null;
  const run = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), wait);
  };
  run.cancel = () => clearTimeout(timer);
  return run;
}

// Questions to Python, and the answers. One question of a kind counts: an answer that comes after
// a newer question of its kind is dropped.
class Kernel {
  constructor(model, onPush) {
    this.model = model;
    this.view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${++views}`;
    this.count = 0;
    this.waiting = new Map();
    this.newest = new Map();
    this.hear = (message) => {
      if (message.view === undefined) return onPush(message);
      const entry = message.view === this.view && this.waiting.get(message.id);
      if (!entry) return undefined;
      this.waiting.delete(message.id);
      if (entry.alone && this.newest.get(entry.kind) !== message.id) return undefined;
      if (message.error) return entry.reject(message.error);
      return entry.resolve(message.answer, message.notices);
    };
    model.on("msg:custom", this.hear);
  }

  ask(kind, params = {}, { alone = true } = {}) {
    const id = ++this.count;
    this.newest.set(kind, id);
    return new Promise((resolve, reject) => {
      const settle = (answer, notices) => resolve({ answer, notices: notices || [] });
      this.waiting.set(id, { kind, alone, resolve: settle, reject });
      this.model.send({ view: this.view, id, ask: kind, ...params });
    });
  }

  tell(kind) {
    this.model.send({ view: this.view, ask: kind });
  }

  dispose() {
    this.model.off("msg:custom", this.hear);
    this.waiting.clear();
  }
}

// That a version should not be used any more, with the reason where there is one.
function deprecation({ badge, why }) {
  return [badge, why].filter(Boolean).join(": ");
}

// dsnb's own HTML, rebuilt from elements known to be harmless: even a text that was not escaped
// could bring no script, style sheet, link or event handler with it.
const HARMLESS = new Set(
  "DIV SPAN CODE TABLE THEAD TBODY TR TH TD DETAILS SUMMARY".split(" "),
);

// Of pictures the outlines; their styles name colours of the theme and numbers, nothing to fetch.
const DRAWN = { svg: ["role", "aria-label", "width", "height", "viewBox"], path: ["d", "style"], title: [] };
const PAINT = /^(?:(?:fill|stroke|fill-opacity|stroke-width):(?:none|[\d.]+|var\(--jp-[\w-]+,(?:#\w+|currentColor)\));?)*$/;

function draw(node) {
  const copy = document.createElementNS(SVG, node.nodeName);
  for (const name of DRAWN[node.nodeName]) {
    const value = node.getAttribute(name);
    if (value !== null && (name !== "style" || PAINT.test(value))) copy.setAttribute(name, value);
  }
  if (node.nodeName === "title") copy.textContent = node.textContent;
  else copy.append(...Array.from(node.children).filter(isDrawn).map(draw));
  return copy;
}

function isDrawn(node) {
  return node.namespaceURI === SVG && Object.hasOwn(DRAWN, node.nodeName);
}

function rebuilt(html) {
  const copy = (node, into) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        into.append(child.data);
      } else if (isDrawn(child)) {
        into.append(draw(child));
      } else if (HARMLESS.has(child.nodeName) && !isNextStep(child)) {
        const element = make(child.nodeName.toLowerCase(), {
          class: child.getAttribute("class"),
          title: child.getAttribute("title"),
          open: child.hasAttribute("open"),
        });
        copy(child, element);
        into.append(element);
      }
    }
    return into;
  };
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return copy(parsed.body, document.createDocumentFragment());
}

// "next: _.cells() …" is about the value of a cell, which a widget has not.
function isNextStep(node) {
  return node.className === "quiet" && node.textContent.startsWith("next: ");
}

function tableOf({ headers, right, rows, note }) {
  const side = (position) => (right.includes(position) ? { class: "right" } : {});
  const head = make("tr", {}, ...headers.map((text, i) => make("th", { scope: "col", ...side(i) }, text)));
  const body = rows.map((cells) =>
    make(
      "tr",
      {},
      ...cells.map((text, i) =>
        text === null
          ? make("td", { ...side(i), class: `missing ${side(i).class || ""}`, title: "missing" }, "–")
          : make("td", side(i), text),
      ),
    ),
  );
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  return [headers.length ? table : null, note ? make("p", { class: "quiet" }, note) : null];
}

function errorOf({ message, hint }) {
  return make("div", { class: "problem", role: "alert" }, make("div", {}, message), make("div", { class: "quiet" }, hint));
}

function skeleton(lines) {
  const bars = Array.from({ length: lines }, (_, i) => make("div", { class: "bar", style: `width:${90 - ((i * 17) % 40)}%` }));
  return make("div", { class: "skeleton", role: "progressbar", "aria-label": "Loading" }, ...bars);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or a page that is not served securely
  }
}

// Into the notebook

// Put code into a new cell below the one that shows this widget. JupyterLab and Notebook 7 give
// their widgets the notebook's model; a kernel's own way (set_next_input) is only heard with the
// next cell that is run. Returns whether it was done.
function insertCell(model, key, el, code) {
  try {
    const notebook = model.widget_manager.context.model.sharedModel;
    const shown = el.closest("[data-windowed-list-index]");
    const here = shown ? Number(shown.getAttribute("data-windowed-list-index")) : NaN;
    const shows = (cell) => JSON.stringify(cell?.toJSON().outputs ?? []).includes(key);
    const at = shows(notebook.cells[here]) ? here : notebook.cells.findIndex(shows);
    if (at < 0) return false;
    notebook.insertCell(at + 1, { cell_type: "code", source: code, metadata: { trusted: true } });
    focusCell(el, at + 1, 20);
    return true;
  } catch {
    return false; // a host that keeps its notebook to itself
  }
}

// The new cell is drawn a little later, if it is near enough to be drawn at all.
function focusCell(el, index, tries) {
  const cell = el.closest(".jp-Notebook")?.querySelector(`.jp-Cell[data-windowed-list-index="${index}"]`);
  const editor = cell?.querySelector(".cm-content");
  if (editor) {
    editor.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest" });
  } else if (tries > 0) {
    setTimeout(() => focusCell(el, index, tries - 1), 50);
  }
}

// The dataset: a combobox with a list that opens below it

class DatasetBox {
  constructor(prefix, kernel, onChoose, onError) {
    Object.assign(this, { prefix, kernel, onChoose, onError, chosen: "", rows: [], active: -1 });
    this.input = make("input", {
      id: `${prefix}-dataset`,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${prefix}-datasets`,
      "aria-haspopup": "listbox",
    });
    this.button = make("button", { type: "button", tabindex: "-1", class: "open", "aria-label": "Show all datasets" }, "▾");
    this.list = make("div", { id: `${prefix}-datasets`, class: "popup", role: "listbox", "aria-label": "Datasets" });
    this.list.hidden = true;
    this.element = make(
      "div",
      { class: "field dataset" },
      make("label", { for: `${prefix}-dataset` }, "Dataset"),
      make("div", { class: "box" }, this.input, this.button, this.list),
    );
    this.search = later(60, () => this.fill(this.input.value));
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.list.hidden && this.fill(""));
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.press(event));
    // A mouse-down would take the focus away from the input, and so close the list.
    for (const part of [this.button, this.list]) {
      part.addEventListener("mousedown", (event) => event.preventDefault());
    }
    this.button.addEventListener("click", () => {
      this.input.focus();
      if (this.list.hidden) this.fill("");
      else this.close();
    });
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
  }

  show(name) {
    this.chosen = name;
    if (this.list.hidden) this.input.value = name;
  }

  async fill(text) {
    try {
      const { answer } = await this.kernel.ask("datasets", { text, limit: PAGE });
      if (this.list.getRootNode().activeElement !== this.input) return;
      this.rows = answer.rows;
      const more = answer.total - answer.rows.length;
      this.list.replaceChildren(
        ...this.rows.map((row, index) =>
          make(
            "div",
            { id: `${this.prefix}-dataset-${index}`, role: "option", "data-index": index, "aria-selected": row.name === this.chosen },
            make("span", { class: "name" }, row.name),
            make("span", { class: "quiet" }, row.count),
          ),
        ),
        ...(more > 0 ? [make("div", { class: "quiet note" }, `… and ${more.toLocaleString("en")} more: type to find them`)] : []),
        ...(answer.total === 0 ? [make("div", { class: "quiet note" }, "No dataset fits")] : []),
      );
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      const chosen = this.rows.findIndex((row) => row.name === this.chosen);
      this.activate(chosen >= 0 ? chosen : text ? 0 : -1);
    } catch (error) {
      this.onError(error);
    }
  }

  activate(index) {
    this.active = this.rows.length ? Math.max(-1, Math.min(index, this.rows.length - 1)) : -1;
    for (const option of this.list.querySelectorAll("[role=option]")) {
      option.classList.toggle("active", Number(option.dataset.index) === this.active);
    }
    const active = this.active >= 0 ? this.list.children[this.active] : null;
    active?.scrollIntoView({ block: "nearest" });
    if (active) this.input.setAttribute("aria-activedescendant", active.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) this.fill("");
      else this.activate(this.active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (isOpen && this.active >= 0) this.choose(this.active);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.input.select();
    }
  }

  choose(index) {
    const { name, latest } = this.rows[index];
    this.chosen = name;
    this.close();
    this.onChoose(`${name}@${latest}`);
  }

  close() {
    this.search.cancel();
    this.list.hidden = true;
    this.input.value = this.chosen;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

// The versions: only the rows in sight exist, and only their pages are asked for

class VersionList {
  constructor(prefix, kernel, onChoose, onError) {
    Object.assign(this, { prefix, kernel, onChoose, onError, dataset: "", ref: "", text: "" });
    Object.assign(this, { total: 0, pages: new Map(), asked: new Map(), era: 0, index: -1, states: new Map() });
    this.filter = make("input", { id: `${prefix}-find`, type: "search", autocomplete: "off", spellcheck: "false", placeholder: "number, text, alias, tag" });
    this.finding = make("div", { class: "field find" }, make("label", { for: `${prefix}-find` }, "Find version"), this.filter);
    this.room = make("div", { class: "room", role: "presentation" });
    this.list = make("div", { class: "versions", role: "listbox", tabindex: "0", "aria-label": "Version" }, this.room);
    this.count = make("div", { class: "count quiet", "aria-live": "polite" });
    this.element = make("div", { class: "left" }, this.list, this.count);
    this.askStates = later(SETTLE, () => this.findStates());
    this.search = later(SETTLE, () => this.look(this.filter.value));
    this.list.addEventListener("scroll", () => this.draw(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.press(event));
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.filter.addEventListener("input", () => this.search());
    this.filter.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        if (event.key === "Enter" && this.row(0)) this.choose(0);
        this.list.focus();
      } else if (event.key === "Escape" && this.filter.value) {
        event.preventDefault();
        this.filter.value = "";
        this.look("");
      }
    });
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.list);
  }

  row(index) {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  look(text) {
    this.text = text;
    return this.refresh({ top: true });
  }

  // Show a dataset with a version chosen, which is brought into sight.
  async show(dataset, ref) {
    if (dataset !== this.dataset) {
      this.search.cancel();
      Object.assign(this, { dataset, text: "" });
      this.filter.value = "";
    }
    this.ref = ref;
    return this.refresh({ top: true, reveal: true });
  }

  // Ask anew for what is in sight; what is shown stays until the answer is there.
  async refresh({ top = false, reveal = false } = {}) {
    const era = ++this.era;
    const first = top ? 0 : Math.floor(this.list.scrollTop / ROW_HEIGHT / PAGE);
    try {
      const { answer } = await this.kernel.ask("versions", this.question(first), { alone: false });
      if (era !== this.era) return null;
      const added = answer.total - this.total;
      this.pages = new Map([[first, answer.rows]]);
      this.asked = new Map([[first, Promise.resolve()]]);
      this.states.forEach((state) => (state.isOld = true));
      this.total = answer.total;
      this.index = answer.found ?? -1;
      this.room.style.height = `${this.total * ROW_HEIGHT}px`;
      if (reveal) this.reveal(this.index, true);
      else if (top) this.list.scrollTop = 0;
      else if (this.list.scrollTop > 0) this.list.scrollTop += added * ROW_HEIGHT; // newest come first
      this.draw();
      return answer.chosen ?? null;
    } catch (error) {
      this.onError(error);
      return null;
    }
  }

  question(page) {
    return { dataset: this.dataset, text: this.text, offset: page * PAGE, limit: PAGE, find: this.ref };
  }

  // Return a promise that is kept when the page is there, also to those who ask meanwhile.
  fetchPage(page) {
    if (!this.asked.has(page)) this.asked.set(page, this.askPage(page));
    return this.asked.get(page);
  }

  async askPage(page) {
    const era = this.era;
    try {
      const { answer } = await this.kernel.ask("versions", this.question(page), { alone: false });
      if (era !== this.era) return;
      this.pages.set(page, answer.rows);
      this.draw();
    } catch (error) {
      this.asked.delete(page);
      this.onError(error);
    }
  }

  inSight() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW_HEIGHT) - 3);
    const last = Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW_HEIGHT) + 3;
    return [first, Math.min(this.total, last, first + MOST)];
  }

  draw() {
    const [first, last] = this.inSight();
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) this.fetchPage(page);
    const drawn = [];
    for (let index = first; index < last; index++) drawn.push(this.draw1(index));
    this.room.replaceChildren(...drawn);
    if (this.total === 0 && this.dataset) {
      this.room.replaceChildren(make("div", { class: "quiet note" }, this.text ? "No version fits" : "There are no versions"));
    }
    const isShown = this.index >= first && this.index < last;
    if (isShown) this.list.setAttribute("aria-activedescendant", `${this.prefix}-version-${this.index}`);
    else this.list.removeAttribute("aria-activedescendant");
    const versions = `${this.total.toLocaleString("en")} version${this.total === 1 ? "" : "s"}`;
    const said = this.dataset ? (this.text ? `${versions} found` : versions) : "";
    if (this.count.textContent !== said) this.count.textContent = said;
    this.askStates();
  }

  draw1(index) {
    const row = this.row(index);
    const style = `top:${index * ROW_HEIGHT}px`;
    if (!row) return make("div", { class: "version", style, "aria-hidden": "true" }, skeleton(2));
    const state = this.states.get(row.ref)?.text ?? "";
    const deprecated = deprecation(row);
    const name = [row.ref, ...row.aliases, row.when, row.by && `by ${row.by}`, deprecated, row.description, row.holds, state];
    const isChosen = row.ref === this.ref;
    return make(
      "div",
      {
        id: `${this.prefix}-version-${index}`,
        class: "version",
        style,
        role: "option",
        "data-index": index,
        "aria-selected": isChosen,
        "aria-setsize": this.total,
        "aria-posinset": index + 1,
        "aria-label": name.filter(Boolean).join(", "),
        title: [`${row.ref} · ${row.exact}`, row.by && `by ${row.by}`, deprecated, row.description].filter(Boolean).join("\n"),
      },
      make(
        "div",
        { class: "line" },
        make("span", { class: "mark" }, isChosen ? "●" : "○"),
        make("code", {}, `@${row.number}`),
        ...row.aliases.map((alias) => make("span", { class: "alias" }, alias)),
        make("span", { class: "quiet end" }, row.by ? `${row.when}, ${row.by}` : row.when),
      ),
      make(
        "div",
        { class: "line" },
        row.badge ? make("span", { class: "badge" }, row.badge) : null,
        make("span", { class: "description" }, row.description || "–"),
        make("span", { class: "end" }, row.holds),
        make("span", { class: "state", title: state }, state.slice(0, 1)),
      ),
    );
  }

  findStates() {
    const [first, last] = this.inSight();
    const refs = [];
    for (let index = first; index < last; index++) {
      const state = this.row(index) && this.states.get(this.row(index).ref);
      if (this.row(index) && (!state || state.isOld)) refs.push(this.row(index).ref);
    }
    if (refs.length) this.kernel.ask("states", { refs }).catch(() => {});
  }

  takeState({ ref, text }) {
    const before = this.states.get(ref)?.text;
    this.states.set(ref, { text, isOld: false });
    if (before !== text) this.draw();
    return before !== undefined && before !== text;
  }

  press(event) {
    const screen = Math.max(1, Math.floor(this.list.clientHeight / ROW_HEIGHT) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: screen, PageUp: -screen, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || this.total === 0) return;
    event.preventDefault();
    const from = this.index < 0 ? (steps[event.key] > 0 ? -1 : 0) : this.index;
    this.choose(Math.max(0, Math.min(this.total - 1, from + steps[event.key])));
  }

  async choose(index) {
    this.index = index;
    this.reveal(index);
    if (!this.row(index)) {
      this.draw();
      await this.fetchPage(Math.floor(index / PAGE));
    }
    const row = this.row(index);
    if (!row || this.index !== index) return;
    this.ref = row.ref;
    if (this.states.has(row.ref)) this.states.get(row.ref).isOld = true; // look at its files again
    this.draw();
    this.onChoose(row);
  }

  reveal(index, centred = false) {
    if (index < 0) return;
    const [top, height] = [index * ROW_HEIGHT, this.list.clientHeight];
    const { scrollTop } = this.list;
    if (top >= scrollTop && top + ROW_HEIGHT <= scrollTop + height) return;
    if (centred) this.list.scrollTop = top - height / 2;
    else this.list.scrollTop = top < scrollTop ? top : top + ROW_HEIGHT - height;
  }

  dispose() {
    this.resized.disconnect();
    this.askStates.cancel();
    this.search.cancel();
  }
}

// The chosen version: what it is, four looks at it, and what to do with it

class Details {
  constructor(prefix, kernel, insert) {
    Object.assign(this, { prefix, kernel, insert, row: null, tab: "preview", shown: "" });
    this.ref = make("code", { class: "ref" });
    this.copy = make("button", { type: "button", class: "icon", "aria-label": "Copy reference", title: "Copy reference" }, copyIcon());
    this.aliases = make("span", { class: "quiet aliases" });
    this.deprecated = make("span", { class: "badge" });
    this.about = make("div", { class: "about" });
    this.tabs = new Map(
      [["preview", "Preview"], ["columns", "Columns"], ["profile", "Profile"], ["since", "Since"]].map(([key, label]) => [
        key,
        make("button", { type: "button", role: "tab", id: `${prefix}-tab-${key}`, "aria-controls": `${prefix}-panel` }, label),
      ]),
    );
    this.against = make("input", { id: `${prefix}-against`, type: "text", autocomplete: "off", spellcheck: "false", placeholder: "@1" });
    this.comparing = make("div", { class: "comparing" }, make("label", { for: `${prefix}-against` }, "Compare with"), this.against);
    this.panel = make("div", { id: `${prefix}-panel`, class: "panel", role: "tabpanel", tabindex: "0" });
    this.variable = make("input", { id: `${prefix}-variable`, type: "text", autocomplete: "off", spellcheck: "false", value: "df" });
    this.message = make("div", { class: "message", role: "status" });
    const action = (label, work) => {
      const button = make("button", { type: "button", class: "action" }, label);
      button.addEventListener("click", () => this.row && work(button));
      return button;
    };
    this.buttons = [
      action("Load", (button) => this.load(button)),
      action("Insert code", () => this.insertCode()),
      action("Compare", () => this.compare()),
    ];
    this.buttons[0].classList.add("main");
    this.element = make(
      "div",
      { class: "right-side" },
      make("div", { class: "heading" }, this.ref, this.copy, this.aliases, this.deprecated),
      this.about,
      make("div", { class: "tabs", role: "tablist", "aria-label": "About this version" }, ...this.tabs.values()),
      this.comparing,
      this.panel,
      make(
        "div",
        { class: "actions" },
        make("label", { for: `${prefix}-variable` }, "Variable"),
        this.variable,
        ...this.buttons,
      ),
      this.message,
    );
    this.settled = later(SETTLE, () => this.fill());
    for (const [key, tab] of this.tabs) {
      tab.addEventListener("click", () => this.open(key));
      tab.addEventListener("keydown", (event) => this.pressTab(event, key));
    }
    this.copy.addEventListener("click", async () => {
      const done = await copyText(this.row.ref);
      this.say(done ? `Copied ${this.row.ref}` : `Copy it from here: ${this.row.ref}`);
    });
    this.variable.addEventListener("keydown", (event) => event.key === "Enter" && this.buttons[0].click());
    this.against.addEventListener("keydown", (event) => event.key === "Enter" && this.fill(true));
    this.open("preview");
  }

  show(row) {
    const isOther = this.row?.ref !== row?.ref;
    this.row = row;
    for (const control of [...this.buttons, this.copy]) control.disabled = !row;
    if (!row) return;
    this.ref.textContent = row.ref;
    this.aliases.textContent = row.aliases.join(", ");
    this.deprecated.textContent = this.deprecated.title = deprecation(row);
    this.tell();
    this.tabs.get("since").textContent = row.previous ? `Since @${row.previous}` : "Since";
    this.against.placeholder = row.previous ? `@${row.previous}` : "@…";
    if (isOther) {
      this.against.value = "";
      this.say("");
      this.settled();
    }
  }

  tell(state = this.state) {
    this.state = state;
    if (!this.row) return;
    const said = [this.row.description, this.row.shape, this.row.size].filter(Boolean).join(" · ");
    this.about.replaceChildren(make("span", {}, said), make("span", {}, this.state?.(this.row.ref) ?? ""));
    this.about.title = `${this.row.description}\n${this.row.exact}${this.row.by ? `, by ${this.row.by}` : ""}`;
  }

  open(key) {
    this.tab = key;
    for (const [other, tab] of this.tabs) {
      tab.setAttribute("aria-selected", String(other === key));
      tab.tabIndex = other === key ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", `${this.prefix}-tab-${key}`);
    this.comparing.hidden = key !== "since";
    if (this.row) this.fill();
  }

  pressTab(event, key) {
    const keys = [...this.tabs.keys()];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = keys[(keys.indexOf(key) + step + keys.length) % keys.length];
    this.open(next);
    this.tabs.get(next).focus();
  }

  async fill(anew = false, kind = this.tab) {
    const { tab, row } = this;
    const against = this.against.value;
    const wanted = JSON.stringify([tab, row.ref, tab === "since" ? against : ""]);
    const isShown = wanted === this.shown && kind === tab; // and then stays until the new answer is there
    if (isShown && !anew) return;
    this.shown = wanted;
    if (!isShown) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.panel.replaceChildren(skeleton(9)), 150);
    }
    let parts;
    try {
      const asked = tab === "since" ? { ref: row.ref, against } : { ref: row.ref };
      const { answer, notices } = await this.kernel.ask(kind, asked);
      const shown = answer.html ? [rebuilt(answer.html)] : answer.rows ? tableOf(answer) : [make("p", { class: "quiet" }, answer.note)];
      if (answer.costly) shown.push(this.computing());
      parts = [...notices.map((notice) => make("p", { class: "notice" }, notice)), ...shown];
    } catch (error) {
      parts = [errorOf(error)];
    }
    if (wanted !== this.shown) return;
    clearTimeout(this.waiting); // also where this answer is to a question asked anew
    this.panel.replaceChildren(...parts.filter(Boolean));
    this.panel.scrollTop = 0;
  }

  computing() {
    const button = make("button", { type: "button" }, "Compute profile");
    button.addEventListener("click", () => {
      this.panel.focus({ preventScroll: true }); // the button goes
      this.fill(true, "compute");
    });
    return button;
  }

  async load(button) {
    const { ref } = this.row;
    button.disabled = true;
    const wait = setTimeout(() => this.say(`Loading ${ref} …`), 150);
    try {
      const { answer, notices } = await this.kernel.ask("load", { variable: this.variable.value, ref }, { alone: false });
      clearTimeout(wait);
      this.say([answer, ...notices].join(" · "));
    } catch (error) {
      clearTimeout(wait);
      this.say(error);
    }
    button.disabled = false;
  }

  async insertCode() {
    try {
      const { answer } = await this.kernel.ask("code", { variable: this.variable.value, ref: this.row.ref });
      if (this.insert(answer)) this.say("Inserted below");
      else this.say((await copyText(answer)) ? "Copied; paste it into a cell: " : "Copy this into a cell: ", answer);
    } catch (error) {
      this.say(error);
    }
  }

  compare() {
    this.open("since");
    if (this.row.previous) this.against.select();
    this.against.focus({ preventScroll: true });
  }

  say(what, code = "") {
    const isError = typeof what === "object";
    this.message.classList.toggle("bad", isError);
    const text = isError ? [make("span", {}, what.message), " ", make("span", { class: "quiet" }, what.hint)] : [what];
    this.message.replaceChildren(...text, code ? make("code", { class: "line-to-copy" }, code) : "");
    this.message.scrollTop = 0;
  }
}

// All of it together

class PickerView {
  constructor(model, el) {
    Object.assign(this, { model, el, isAlive: false, isWatching: false, isInSight: false });
    this.key = model.get("_key");
    this.kernel = new Kernel(model, (message) => this.take(message));
    const prefix = `dsnb-${this.kernel.view}`;
    const fail = (error) => this.details.say(error);
    this.unsaid = null; // the choice made here that Python has not confirmed yet
    this.tellSoon = later(60, (ref) => this.tell(ref));
    this.box = new DatasetBox(prefix, this.kernel, (ref) => this.go(ref, true), fail);
    this.list = new VersionList(
      prefix,
      this.kernel,
      (row) => {
        this.details.show(row);
        this.chosen(row.ref);
      },
      fail,
    );
    this.details = new Details(prefix, this.kernel, (code) => insertCell(model, this.key, el, code));
    this.details.tell((ref) => this.list.states.get(ref)?.text);
    this.empty = make("div", { class: "empty" });
    this.empty.hidden = true;
    // Once the kernel has spoken, the text that is kept for readers without one is hidden, for as
    // long as this element is in the page.
    this.hiding = make("style");
    this.root = make(
      "div",
      { class: "dsnb-picker", role: "group", "aria-label": "Pick a dataset version", "data-lm-suppress-shortcuts": "true" },
      this.hiding,
      make("div", { class: "top" }, this.box.element, this.list.finding),
      make("div", { class: "middle" }, this.list.element, this.details.element),
      this.empty,
    );
    el.append(this.root);
    this.hideKept();
    this.fallBack = setTimeout(() => !this.isAlive && this.sleep(true), PATIENCE);
    this.follow = () => {
      const ref = model.get("ref");
      // While somebody runs down the list, Python's echo is of a row they have left already.
      if (this.unsaid === null && ref !== this.list.ref) this.go(ref, false);
    };
    model.on("change:ref", this.follow);
    this.watchSight();
    this.go(model.get("ref"), false).then(() => this.wake());
  }

  // Show a version; tell Python when it was chosen here.
  async go(ref, isOurs) {
    const dataset = ref.slice(0, ref.lastIndexOf("@"));
    this.empty.hidden = Boolean(ref);
    if (!ref) {
      this.details.show(null);
      await this.kernel.ask("datasets", { limit: 1 }).catch((error) => this.details.say(error));
      this.empty.replaceChildren(
        make("p", {}, "This workspace has no datasets yet."),
        make("p", {}, "Register your first: ", make("code", {}, "%ds register NAME PATH")),
      );
      return;
    }
    this.box.show(dataset);
    if (isOurs) this.chosen(ref);
    const row = await this.list.show(dataset, ref);
    if (row) this.details.show(row);
  }

  chosen(ref) {
    this.unsaid = ref;
    this.tellSoon(ref);
  }

  async tell(ref) {
    try {
      await this.kernel.ask("choose", { ref });
    } catch (error) {
      this.details.say(error);
    }
    if (this.unsaid === ref) this.unsaid = null;
  }

  take(message) {
    if (message.state) {
      const isOther = this.list.takeState(message.state);
      this.details.tell();
      if (isOther && message.state.ref === this.list.ref) this.details.fill(true);
    } else if (message.news) {
      this.refresh();
    }
  }

  async refresh() {
    if (!this.list.dataset) return;
    const row = await this.list.refresh();
    if (row) this.details.show(row);
  }

  wake() {
    this.isAlive = true;
    clearTimeout(this.fallBack);
    this.sleep(false);
  }

  // Without a kernel (an exported page, say) the kept text is shown in the place of the widget.
  sleep(isAsleep) {
    this.root.classList.toggle("dsnb-picker", !isAsleep);
    this.root.hidden = isAsleep;
    if (isAsleep) this.hiding.textContent = "";
    else this.hideKept();
  }

  hideKept() {
    if (!/^[\w-]+$/.test(this.key)) return;
    const kept = `[data-dsnb-kept="${this.key}"]`;
    this.hiding.textContent = `${kept},.jp-OutputArea-child:has(${kept}){display:none!important}`;
  }

  // Python watches the registry only while somebody can see the widget.
  watchSight() {
    const update = () => {
      const isSeen = this.isInSight && document.visibilityState === "visible";
      if (isSeen === this.isWatching) return;
      this.isWatching = isSeen;
      this.kernel.tell(isSeen ? "watch" : "rest");
      clearInterval(this.renewing);
      if (!isSeen) return;
      this.renewing = setInterval(() => this.kernel.tell("watch"), RENEW);
      if (this.isAlive) this.refresh();
    };
    this.onVisibility = update;
    document.addEventListener("visibilitychange", update);
    this.sight = new IntersectionObserver((entries) => {
      this.isInSight = entries[entries.length - 1].isIntersecting;
      update();
    });
    this.sight.observe(this.root);
  }

  dispose() {
    clearTimeout(this.fallBack);
    clearInterval(this.renewing);
    this.sight.disconnect();
    document.removeEventListener("visibilitychange", this.onVisibility);
    if (this.isWatching) this.kernel.tell("rest");
    this.model.off("change:ref", this.follow);
    this.tellSoon.cancel();
    this.details.settled.cancel();
    this.list.dispose();
    this.kernel.dispose();
    this.root.remove();
  }
}
