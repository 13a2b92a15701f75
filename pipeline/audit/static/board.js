// The scan of a lesson: a viewer that draws labels and places of values over the page.

import { Viewer } from "./viewer.js";

const SVG = "http://www.w3.org/2000/svg";

export class Board extends Viewer {
  constructor(root, base, pages) {
    super(root, base, pages, 0);
    this.shapes = [];
  }

  // `shapes` are quads of the page shown, each with its kinds.
  draft(shapes) {
    this.shapes = shapes;
    this.outline();
  }

  // Shows the page of a place, and the place only where it is out of sight.
  focusOn(page, quad) {
    if (page === null || page === undefined) return;
    this.show(page);
    if (!quad) return;
    const xs = quad.map((p) => p[0]);
    const ys = quad.map((p) => p[1]);
    const box = { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
    const middle = new DOMPoint((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2).matrixTransform(this.matrix());
    if (middle.x < 0 || middle.y < 0 || middle.x > this.root.clientWidth || middle.y > this.root.clientHeight) this.centre(box, this.scale);
  }

  outline() {
    this.marks.replaceChildren(...(this.shapes || []).map(({ quad, kind, title }) => {
      const shape = document.createElementNS(SVG, "polygon");
      shape.setAttribute("points", quad.map((p) => p.join(",")).join(" "));
      shape.setAttribute("class", `drawn ${kind}`);
      if (title) shape.dataset.title = title;
      return shape;
    }));
  }
}
