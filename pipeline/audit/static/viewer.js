// The scan: tiles of one page, moved, scaled and turned; the field in focus outlined.
// Coordinates: "page" are pixels of the page as scanned, "view" are CSS pixels of the viewer.

const TILE = 512;
const SVG = "http://www.w3.org/2000/svg";

export class Viewer {
  // `base` is the address under which the pages lie.
  constructor(root, base, pages, turn) {
    this.root = root;
    this.base = base;
    this.pages = pages;
    this.turns = pages.map(() => turn);
    this.page = 0;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.whole = false;
    this.target = null;
    this.stage = document.createElement("div");
    this.stage.className = "stage";
    this.marks = document.createElementNS(SVG, "svg");
    this.marks.classList.add("overlay");
    root.append(this.stage);
    this.tiles = new Map();
    this.listen();
    new ResizeObserver(() => this.place()).observe(root);
  }

  get turn() {
    return this.turns[this.page];
  }

  get size() {
    const { width, height } = this.pages[this.page];
    return { width: width || 1, height: height || 1 };
  }

  show(page) {
    if (page === this.page && this.stage.childElementCount) return;
    this.page = page;
    this.tiles.clear();
    this.stage.replaceChildren();
    this.root.classList.remove("broken");
    const { width, height } = this.size;
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
    this.marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.marks.setAttribute("width", width);
    this.marks.setAttribute("height", height);
    this.stage.append(this.marks);
    this.root.dispatchEvent(new CustomEvent("page", { detail: page }));
    this.fit();
  }

  // How the page lies in the view: turned by quarter turns, scaled, moved.
  matrix() {
    const angle = (this.turn * Math.PI) / 2;
    const c = Math.round(Math.cos(angle)) * this.scale;
    const s = Math.round(Math.sin(angle)) * this.scale;
    return new DOMMatrix([c, s, -s, c, this.x, this.y]);
  }

  toPage(x, y) {
    return new DOMPoint(x, y).matrixTransform(this.matrix().inverse());
  }

  // Shows the box {x0, y0, x1, y1} of the page in the middle at this scale.
  centre(box, scale) {
    this.scale = scale;
    this.x = 0;
    this.y = 0;
    const middle = new DOMPoint((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2).matrixTransform(this.matrix());
    this.x = this.root.clientWidth / 2 - middle.x;
    this.y = this.root.clientHeight / 2 - middle.y;
    this.draw();
  }

  fit() {
    const { width, height } = this.size;
    const [w, h] = this.turn % 2 ? [height, width] : [width, height];
    const scale = Math.min(this.root.clientWidth / w, this.root.clientHeight / h) || 1;
    this.centre({ x0: 0, y0: 0, x1: width, y1: height }, scale * 0.98);
  }

  // Outlines a field. Follows it, unless the whole page is wanted.
  focus(page, quad) {
    this.target = quad ? { page, quad } : null;
    if (page !== null && page !== undefined) this.show(page);
    this.place();
  }

  place() {
    this.outline();
    if (this.whole || !this.target) {
      this.fit();
      return;
    }
    const xs = this.target.quad.map((p) => p[0]);
    const ys = this.target.quad.map((p) => p[1]);
    const box = { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
    const { width, height } = this.size;
    const least = Math.min(this.root.clientWidth / width, this.root.clientHeight / height);
    const across = this.turn % 2 ? box.y1 - box.y0 : box.x1 - box.x0;
    const up = this.turn % 2 ? box.x1 - box.x0 : box.y1 - box.y0;
    // Large enough to read, with the neighbours in sight.
    const wanted = Math.min(
      (this.root.clientWidth * 0.85) / Math.max(across, 1),
      (this.root.clientHeight * 0.3) / Math.max(up, 1),
    );
    // Never so close that less than half the page's width is seen.
    const most = (2 * this.root.clientWidth) / (this.turn % 2 ? height : width);
    this.centre(box, Math.max(Math.min(wanted, most), least));
  }

  outline() {
    this.marks.replaceChildren();
    if (this.target && this.target.page === this.page) {
      const shape = document.createElementNS(SVG, "polygon");
      shape.setAttribute("points", this.target.quad.map((p) => p.join(",")).join(" "));
      shape.classList.add("target");
      this.marks.append(shape);
    }
  }

  zoom(factor, x = this.root.clientWidth / 2, y = this.root.clientHeight / 2) {
    const scale = Math.min(Math.max(this.scale * factor, 0.02), 8);
    const by = scale / this.scale;
    this.scale = scale;
    this.x = x - (x - this.x) * by;
    this.y = y - (y - this.y) * by;
    this.draw();
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.draw();
  }

  rotate() {
    this.turns[this.page] = (this.turn + 1) % 4;
    this.place();
  }

  draw() {
    this.stage.style.transform = this.matrix().toString();
    const { width, height } = this.size;
    const most = Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / TILE)));
    const wanted = Math.floor(Math.log2(1 / (this.scale * Math.min(window.devicePixelRatio || 1, 2))));
    const level = Math.min(Math.max(wanted, 0), most);
    const corners = [[0, 0], [this.root.clientWidth, 0], [0, this.root.clientHeight], [this.root.clientWidth, this.root.clientHeight]];
    const seen = corners.map(([x, y]) => this.toPage(x, y));
    const span = TILE * 2 ** level;
    const first = { x: Math.min(...seen.map((p) => p.x)), y: Math.min(...seen.map((p) => p.y)) };
    const last = { x: Math.max(...seen.map((p) => p.x)), y: Math.max(...seen.map((p) => p.y)) };
    const columns = [Math.max(0, Math.floor(first.x / span)), Math.min(Math.ceil(width / span) - 1, Math.floor(last.x / span))];
    const rows = [Math.max(0, Math.floor(first.y / span)), Math.min(Math.ceil(height / span) - 1, Math.floor(last.y / span))];
    const kept = new Set();
    for (let row = rows[0]; row <= rows[1]; row++) {
      for (let column = columns[0]; column <= columns[1]; column++) {
        const key = `${level}/${column}/${row}`;
        kept.add(key);
        if (!this.tiles.has(key)) this.tiles.set(key, this.tile(level, column, row, span));
      }
    }
    this.tidy(level, kept);
  }

  tile(level, column, row, span) {
    const image = new Image();
    const { width, height } = this.size;
    image.alt = "";
    image.className = "tile";
    image.decoding = "async";
    image.style.left = `${column * span}px`;
    image.style.top = `${row * span}px`;
    image.style.width = `${Math.min(span, width - column * span)}px`;
    image.style.height = `${Math.min(span, height - row * span)}px`;
    image.style.zIndex = String(20 - level);
    image.addEventListener("error", () => {
      this.root.classList.add("broken");
    });
    image.src = `${this.base}/${this.page}/tiles/${level}/${column}/${row}`;
    this.stage.insertBefore(image, this.marks);
    return image;
  }

  // Tiles of other levels stay until those of this one have come, and few are kept.
  tidy(level, kept) {
    if (this.tiles.size <= 96) return;
    for (const [key, image] of this.tiles) {
      if (!kept.has(key) && Number(key.split("/")[0]) <= level) {
        image.remove();
        this.tiles.delete(key);
      }
    }
  }

  listen() {
    this.root.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { left, top } = this.root.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 400), event.clientX - left, event.clientY - top);
    }, { passive: false });
    this.root.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (step) this.move(...step);
      else if (event.key === "+" || event.key === "=") this.zoom(1.25);
      else if (event.key === "-") this.zoom(0.8);
      else if (event.key === "0") this.fit();
      else return;
      event.preventDefault();
    });
    this.root.addEventListener("pointerdown", (event) => this.drag(event));
  }

  drag(event) {
    if (event.button !== 0) return;
    const { left, top } = this.root.getBoundingClientRect();
    const start = { x: event.clientX - left, y: event.clientY - top };
    let last = start;
    const drawing = this.root.classList.contains("drawing");
    const frame = drawing ? this.root.appendChild(document.createElement("div")) : null;
    if (frame) frame.className = "frame";
    this.root.setPointerCapture(event.pointerId);
    const moved = (e) => {
      const here = { x: e.clientX - left, y: e.clientY - top };
      if (frame) {
        frame.style.left = `${Math.min(start.x, here.x)}px`;
        frame.style.top = `${Math.min(start.y, here.y)}px`;
        frame.style.width = `${Math.abs(here.x - start.x)}px`;
        frame.style.height = `${Math.abs(here.y - start.y)}px`;
      } else {
        this.move(here.x - last.x, here.y - last.y);
      }
      last = here;
    };
    const up = () => {
      this.root.removeEventListener("pointermove", moved);
      const still = Math.abs(last.x - start.x) <= 3 && Math.abs(last.y - start.y) <= 3;
      if (still) this.root.dispatchEvent(new CustomEvent("point", { detail: { page: this.page, at: this.toPage(start.x, start.y) } }));
      if (!frame) return;
      frame.remove();
      if (Math.abs(last.x - start.x) > 5 && Math.abs(last.y - start.y) > 5) this.drawn(start, last);
    };
    this.root.addEventListener("pointermove", moved);
    this.root.addEventListener("pointerup", up, { once: true });
  }

  // A box drawn in the view, as a quad on the page that begins at the text's top left.
  drawn(a, b) {
    const [x0, x1] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
    const [y0, y1] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
    const quad = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(([x, y]) => {
      const p = this.toPage(x, y);
      return [Math.round(p.x * 10) / 10, Math.round(p.y * 10) / 10];
    });
    this.root.dispatchEvent(new CustomEvent("box", { detail: { page: this.page, quad } }));
  }
}
