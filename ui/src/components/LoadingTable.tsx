import { Skeleton } from "@mui/material";
import { useEffect, useState } from "react";
import { COLUMNS } from "./columns";
import { Frame, GridRow, HeadRow } from "./grid";
import { Notice } from "./Notice";

const SKELETON_ROWS = [70, 45, 60, 50, 65, 40, 55, 60];

/** After this time, the user wants to know that something is still happening. */
const PATIENCE_MILLISECONDS = 5000;

/** A placeholder until the ports are known. */
export function LoadingTable() {
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), PATIENCE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      {isSlow && <Notice>It takes longer than usual to list the ports.</Notice>}
      <Placeholder />
    </>
  );
}

function Placeholder() {
  return (
    <Frame>
      <div role="table" aria-label="Ports of this computer" aria-busy>
        <HeadRow role="row">
          {COLUMNS.map(({ name, title }) => (
            <div key={name} role="columnheader" data-column={name}>
              {title}
            </div>
          ))}
        </HeadRow>
        {SKELETON_ROWS.map((width, row) => (
          <GridRow key={row} role="row">
            {COLUMNS.map(({ name }) => (
              <div key={name} role="cell" data-column={name}>
                <Skeleton width={`${width}%`} />
              </div>
            ))}
          </GridRow>
        ))}
      </div>
    </Frame>
  );
}
