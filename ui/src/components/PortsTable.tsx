import { TableSortLabel } from "@mui/material";
import { alpha, styled } from "@mui/material/styles";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState, type FocusEvent } from "react";
import type { FreePorts } from "../hostports/free";
import { isConflict, type PortRow } from "../ports/row";
import { type Column, nextSort, type Sort, type View } from "../ports/view";
import { COLUMNS } from "./columns";
import { Frame, GridRow, Head, HEAD_HEIGHT, HeadRow, ROW_HEIGHT } from "./grid";
import { PortCells } from "./PortCells";

/** The rows above and below the visible ones, so that the Tab key finds the next one. */
const OVERSCAN = 8;

interface PortsTableProps {
  rows: PortRow[];
  view: View;
  freePorts: FreePorts;
  onSort: (sort: Sort | undefined) => void;
}

/** The table. Only the rows that are visible are rendered, because a computer may use thousands of ports. */
export function PortsTable({ rows, view, freePorts, onSort }: PortsTableProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [focusedKey, setFocusedKey] = useState<string>();
  const focusedIndex = rows.findIndex(({ key }) => key === focusedKey);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: OVERSCAN,
    scrollMargin: HEAD_HEIGHT,
    rangeExtractor: useCallback((range: Range) => including(range, focusedIndex), [focusedIndex]),
  });
  useEffect(() => frame.current?.scrollTo({ top: 0 }), [view]);
  const height = virtualizer.getTotalSize();

  return (
    <Frame
      ref={frame}
      role="region"
      aria-label="Ports, scrollable"
      tabIndex={0}
      sx={{ minHeight: `min(18rem, ${HEAD_HEIGHT + height}px)` }}
    >
      <div role="table" aria-label="Ports of this computer" aria-rowcount={rows.length + 1}>
        <Head role="rowgroup">
          <Titles sort={view.sort} onSort={onSort} />
        </Head>
        <div
          role="rowgroup"
          style={{ position: "relative", height }}
          onFocus={(event) => setFocusedKey(rows[rowIndex(event)]?.key)}
          onBlur={() => setFocusedKey(undefined)}
        >
          {virtualizer.getVirtualItems().map(({ key, index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <BodyRow
                key={key}
                ref={virtualizer.measureElement}
                role="row"
                aria-rowindex={index + 2}
                data-index={index}
                data-conflict={isConflict(row)}
                style={{ transform: `translateY(${start - HEAD_HEIGHT}px)` }}
              >
                <PortCells row={row} freePorts={freePorts} />
              </BodyRow>
            );
          })}
        </div>
      </div>
    </Frame>
  );
}

const BodyRow = styled(GridRow)(({ theme }) => ({
  position: "absolute",
  top: 0,
  left: 0,
  width: "100%",
  "&:hover": { backgroundColor: theme.palette.action.hover },
  "&[data-conflict=true]": {
    backgroundColor: alpha(theme.palette.warning.main, 0.09),
    boxShadow: `inset 4px 0 ${theme.palette.warning.main}`,
  },
}));

/** A row that has the focus stays when it is scrolled out of view. Otherwise the focus would be lost. */
function including(range: Range, index: number): number[] {
  const indexes = defaultRangeExtractor(range);
  if (index < 0 || indexes.includes(index)) return indexes;
  return [...indexes, index].sort((a, b) => a - b);
}

function rowIndex({ target }: FocusEvent): number {
  return Number(target.closest<HTMLElement>("[data-index]")?.dataset.index ?? -1);
}

function Titles({ sort, onSort }: { sort: Sort | undefined; onSort: PortsTableProps["onSort"] }) {
  const direction = sort?.isDescending ? "desc" : "asc";
  return (
    <HeadRow role="row" aria-rowindex={1}>
      {COLUMNS.map(({ name, title, isSortable }) => {
        const isActive = sort?.by === name;
        return (
          <div
            key={name}
            role="columnheader"
            data-column={name}
            {...(isActive && { "aria-sort": sort.isDescending ? "descending" : "ascending" })}
          >
            {isSortable ? (
              <TableSortLabel
                active={isActive}
                direction={isActive ? direction : "asc"}
                onClick={() => onSort(nextSort(sort, name as Column))}
              >
                {title}
              </TableSortLabel>
            ) : (
              title
            )}
          </div>
        );
      })}
    </HeadRow>
  );
}
