/* Draws the charts of a report from the numbers of its tables, with uPlot; while a run is watched, again and again. */
(() => {
  /* global uPlot */
  const HEIGHT = 220;
  const LINES = 8;
  const WATCH_MS = 2000;

  const plots = new Map();
  const resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries)
      plots.get(target)?.setSize({ width: Math.floor(contentRect.width), height: HEIGHT });
  });

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /** The numbers of a column; null for an empty cell. */
  function columnOf(table, index) {
    return [...table.tBodies[0].rows].map((row) => {
      const text = row.cells[index].textContent;
      return text === "" ? null : Number(text);
    });
  }

  const numbersIn = (text) => text.split(" ").filter(Boolean).map(Number);

  /** `0.00005` would not fit beside the axis. */
  function shortNumber(value) {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace(/\.?0+e/, "e");
    return String(Number(value.toPrecision(5)));
  }

  /** A dashed line where another phase of a pre-training begins. */
  function markPhases(table) {
    const phases = columnOf(table, 1);
    if (table.tHead.rows[0].cells[1].textContent !== "phase") return () => {};
    return (plot) => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.strokeStyle = colour("--soft");
      ctx.setLineDash([4, 4]);
      for (let row = 1; row < phases.length; row++) {
        if (phases[row] === phases[row - 1]) continue;
        const x = Math.round(plot.valToPos(plot.data[0][row - 1], "x", true));
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    };
  }

  function seriesOf(title, index, rows, isEdge) {
    return {
      label: title,
      stroke: () => colour(`--line-${(index % LINES) + 1}`),
      width: isEdge ? 0.5 : 1.5,
      dash: index >= LINES ? [6, 3] : undefined,
      spanGaps: true,
      points: { show: rows < 40 && !isEdge },
      value: (_, value) => shortNumber(value),
    };
  }

  function axis(options) {
    const stroke = () => colour("--soft");
    const grid = { stroke: () => colour("--rule"), width: 1 };
    return { stroke, grid, ticks: grid, values: (_, values) => values.map(shortNumber), ...options };
  }

  function draw(figure) {
    const table = document.getElementById(figure.dataset.table);
    const target = figure.querySelector(".plot");
    const lines = numbersIn(figure.dataset.lines);
    const band = numbersIn(figure.dataset.band);
    const titles = [...table.tHead.rows[0].cells].map(({ textContent }) => textContent);
    const rows = table.tBodies[0].rows.length;
    const columns = [...lines, ...band];
    const series = columns.map((column, index) =>
      seriesOf(titles[column], index < lines.length ? index : 0, rows, index >= lines.length),
    );
    const [lowest, highest] = [lines.length + 1, lines.length + 2];
    const fill = () => `rgba(${colour("--shade")}, 0.18)`;
    const options = {
      width: Math.floor(target.clientWidth),
      height: HEIGHT,
      scales: { x: { time: false } },
      axes: [axis({}), axis({ size: 62 })],
      series: [{ label: titles[0], value: (_, value) => shortNumber(value) }, ...series],
      bands: band.length > 0 ? [{ series: [highest, lowest], fill }] : [],
      hooks: { draw: [markPhases(table)] },
    };
    const data = [0, ...columns].map((column) => columnOf(table, column));
    plots.set(target, new uPlot(options, data, target));
    resized.observe(target);
  }

  function drawAll() {
    resized.disconnect();
    for (const plot of plots.values()) plot.destroy();
    plots.clear();
    for (const figure of document.querySelectorAll(".chart")) draw(figure);
  }

  /** Takes over what a newer page shows; what was opened stays open. */
  function takeOver(text) {
    const isOpen = [...document.querySelectorAll("details")].map(({ open }) => open);
    const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    document.querySelector("main").replaceWith(document.adoptNode(main));
    for (const [index, details] of [...document.querySelectorAll("details")].entries())
      details.open = isOpen[index] ?? false;
    drawAll();
  }

  async function watch() {
    const state = document.getElementById("watch");
    let etag = null;
    for (;;) {
      await new Promise((done) => setTimeout(done, WATCH_MS));
      try {
        const response = await fetch(location.pathname, { headers: etag ? { "if-none-match": etag } : {} });
        if (response.ok) takeOver(await response.text());
        if (response.ok) etag = response.headers.get("etag");
        state.textContent = "This page follows the run.";
      } catch {
        state.textContent =
          "The command that serves this page has ended: what is shown is the last that it told.";
      }
    }
  }

  document.documentElement.classList.add("drawn");
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  if (document.getElementById("watch")) watch();
})();
