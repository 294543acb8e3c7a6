import { Alert, Button } from "@mui/material";
import { useMemo, useState } from "react";
import type { Containers } from "../containers/follow";
import type { Program } from "../docker/program";
import type { Report } from "../hostports/report";
import { portRows } from "../ports/row";
import { counts, FIRST_VIEW, isFiltered, select, type View } from "../ports/view";
import { Announcement } from "./Announcement";
import { Notice } from "./Page";
import { PortsTable } from "./PortsTable";
import { Toolbar } from "./Toolbar";
import { useFreePorts } from "./use";

interface PortsProps {
  report: Report;
  containers: Containers;
  hostports: Program;
}

/** The table with its toolbar and messages. */
export function Ports({ report, containers, hostports }: PortsProps) {
  const [view, setView] = useState<View>(FIRST_VIEW);
  const rows = useMemo(
    () => portRows(report.listeners, containers.state === "shown" ? containers.containers : []),
    [report, containers],
  );
  const numbers = useMemo(() => counts(rows), [rows]);
  const shown = useMemo(() => select(rows, view), [rows, view]);
  const freePorts = useFreePorts(hostports, rows);

  return (
    <>
      {numbers.conflicts > 0 && view.group !== "conflicts" && (
        <ConflictAlert
          count={numbers.conflicts}
          onShow={() => setView({ ...FIRST_VIEW, group: "conflicts" })}
        />
      )}
      {containers.state === "failed" && (
        <Alert severity="info">
          Can't list the containers: {containers.failure.message}
        </Alert>
      )}
      <Toolbar view={view} counts={numbers} onChange={setView} />
      <Announcement shown={shown.length} conflicts={numbers.conflicts} />
      {shown.length > 0 ? (
        <PortsTable
          rows={shown}
          sort={view.sort}
          freePorts={freePorts}
          onSort={(sort) => setView({ ...view, sort })}
        />
      ) : (
        <NoRows view={view} onClear={() => setView({ ...FIRST_VIEW, sort: view.sort })} />
      )}
      {report.unseen.map((sentence) => (
        <Alert key={sentence} severity="info" variant="outlined">
          {sentence}
        </Alert>
      ))}
    </>
  );
}

function ConflictAlert({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <Alert
      severity="warning"
      action={
        <Button color="inherit" size="small" onClick={onShow}>
          Show
        </Button>
      }
    >
      {count === 1
        ? "1 port that a container needs is already in use."
        : `${count} ports that containers need are already in use.`}
    </Alert>
  );
}

function NoRows({ view, onClear }: { view: View; onClear: () => void }) {
  if (!isFiltered(view)) {
    return (
      <Notice title="No ports are in use">
        No process on this computer uses a port, and no container needs one.
      </Notice>
    );
  }
  const query = view.query.trim();
  const isPort = /^\d{1,5}$/.test(query);
  return (
    <Notice
      title={isPort ? "No port matches this number" : "No port matches these filters"}
      action={
        <Button variant="outlined" onClick={onClear}>
          Show all ports
        </Button>
      }
    >
      {isPort
        ? `Nothing uses port ${query}, or the other filters hide it.`
        : "Change the search or the filters."}
    </Notice>
  );
}
