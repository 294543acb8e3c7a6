/**
 * The grid of the table's columns. The width of the page decides what is shown where:
 *
 * | width in pixels | |
 * | --- | --- |
 * | from 900 | all columns |
 * | from 760 | the protocol is shown behind the port |
 * | from 480 | in addition, what needs the port is shown below the row |
 * | less | in addition, the addresses are shown below the row |
 */
import { styled } from "@mui/material/styles";
import { VISUALLY_HIDDEN } from "./hidden";

/** Needs are below the row, with space for their marks at their side. */
export const MARKS_BESIDE = "@container (min-width: 480px) and (max-width: 759.98px)";
const ALL_COLUMNS = "@container (min-width: 900px)";
const NEEDS_BESIDE = "@container (min-width: 760px)";
const NEEDS_BELOW = "@container (max-width: 759.98px)";
const ADDRESSES_BELOW = "@container (max-width: 479.98px)";

/** The height of a row with two lines of text, in pixels. */
export const ROW_HEIGHT = 55;

/** The height of the row with the titles, in pixels. */
export const HEAD_HEIGHT = 44;

/** A row of the table. Each of its cells has the attribute `data-column`. */
export const GridRow = styled("div")(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: "7.5rem minmax(0, 3fr) minmax(0, 2fr)",
  columnGap: theme.spacing(2),
  padding: theme.spacing(1.25, 2),
  borderBottom: `1px solid ${theme.palette.divider}`,
  ...theme.typography.body2,
  overflowWrap: "anywhere",
  "& > [data-column]": { minWidth: 0 },
  "& > [data-column=protocol]": { display: "none" },
  "& > [data-column=needs]": { gridColumn: "2 / -1" },
  [NEEDS_BELOW]: { "& > [data-column=needs]:not(:empty)": { marginTop: theme.spacing(1) } },
  [ADDRESSES_BELOW]: {
    gridTemplateColumns: "7.5rem minmax(0, 1fr)",
    "& > [data-column=address]": { gridColumn: "2 / -1", marginTop: theme.spacing(0.5) },
  },
  [NEEDS_BESIDE]: {
    gridTemplateColumns: "7.5rem minmax(0, 5fr) minmax(0, 3fr) minmax(0, 5fr)",
    "& > [data-column=needs]": { gridColumn: "auto" },
    "& [data-shown=below]": { display: "none" },
  },
  [ALL_COLUMNS]: {
    gridTemplateColumns: "6.5rem 6rem minmax(0, 5fr) minmax(0, 3fr) minmax(0, 5fr)",
    "& > [data-column=protocol]": { display: "block" },
    "& [data-shown=without-protocol]": { display: "none" },
  },
}));

/** Stays at the top while the rows below it are scrolled. */
export const Head = styled("div")(({ theme }) => ({
  position: "sticky",
  top: 0,
  zIndex: 1,
  backgroundColor: theme.palette.background.paper,
}));

/** The row with the titles. */
export const HeadRow = styled(GridRow)({
  height: HEAD_HEIGHT,
  paddingTop: 0,
  paddingBottom: 0,
  alignItems: "center",
  fontWeight: 500,
  whiteSpace: "nowrap",
  // The titles of columns that are shown below the row.
  [NEEDS_BELOW]: { "& > [data-column=needs]": VISUALLY_HIDDEN },
  [ADDRESSES_BELOW]: { "& > [data-column=address]": VISUALLY_HIDDEN },
});

/** Scrolls the rows. */
export const Frame = styled("div")(({ theme }) => ({
  position: "relative",
  flex: "0 1 auto",
  overflow: "auto",
  // A row that gets the focus is not below the titles.
  scrollPaddingTop: HEAD_HEIGHT,
  backgroundColor: theme.palette.background.paper,
  border: `1px solid ${theme.palette.divider}`,
  borderRadius: theme.shape.borderRadius,
}));
