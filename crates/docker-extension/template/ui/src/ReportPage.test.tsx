import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Failure } from "./failure";
import { COLUMNS, EMPTY, type Row } from "./report";
import { ReportPage } from "./ReportPage";
import type { LoadState } from "./useLoad";

const row = Object.fromEntries(COLUMNS.map((column) => [column, `its ${column}`])) as Row;

const render = (state: LoadState<Row[]>) =>
  renderToString(<ReportPage state={state} onReload={() => {}} />);

describe("the page", () => {
  it("has a heading and a live region in every state", () => {
    for (const state of [
      { kind: "loading" },
      { kind: "loaded", value: [row] },
      { kind: "failed", failure: new Failure("A", "b") },
    ] satisfies LoadState<Row[]>[]) {
      const page = render(state);
      expect(page).toMatch(/<h1[^>]*>/);
      expect(page).toContain('role="status"');
    }
  });

  it("shows that it is loading", () => {
    expect(render({ kind: "loading" })).toContain('role="progressbar"');
  });

  it("shows a table with all columns", () => {
    const page = render({ kind: "loaded", value: [row, row] });
    for (const column of COLUMNS) expect(page.split(`its ${column}`)).toHaveLength(3);
  });

  it("shows a message if the list is empty", () => {
    const page = render({ kind: "loaded", value: [] });
    expect(page).toContain(EMPTY);
    expect(page).not.toContain("<table");
  });

  it("shows what failed and offers to try again", () => {
    const failure = new Failure("The program is missing", "Install it again.");
    const page = render({ kind: "failed", failure });
    expect(page).toContain('role="alert"');
    for (const text of [failure.title, failure.message, "Try again"]) expect(page).toContain(text);
  });
});
