import { Alert, Button } from "@mui/material";
import { useMemo, useState } from "react";
import type { Containers } from "../containers/follow";
import type { Program } from "../docker/program";
import type { Report } from "../hostports/report";
import { portRows } from "../ports/row";
import { counts, FIRST_VIEW, isFiltered, select, type View } from "../ports/view";
import { Announcement, plural } from "./Announcement";
import { Notice } from "./Page";
import { PortsTable } from "./PortsTable";
import { Toolbar } from "./Toolbar";
import { useFreePorts } from "./use";

interface PortsProps {
  report: Report;
  containers: Containers;
  hostports: Program;
}

/** The table, and what is said about it. */
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
          Containers are not shown, because Docker can't be asked: {containers.failure.message}
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
      {plural(count, "port")} that a container wants {count === 1 ? "is" : "are"} held by something
      else.
    </Alert>
  );
}

function NoRows({ view, onClear }: { view: View; onClear: () => void }) {
  if (!isFiltered(view)) {
    return (
      <Notice title="Every port is free">
        Nothing on this computer listens on a port, and no container wants one.
      </Notice>
    );
  }
  const query = view.query.trim();
  const isPort = /^\d{1,5}$/.test(query);
  return (
    <Notice
      title={isPort ? `Nothing here has to do with port ${query}` : "Nothing matches"}
      action={
        <Button variant="outlined" onClick={onClear}>
          Show all ports
        </Button>
      }
    >
      {isPort
        ? "Among the ports that are shown none has this number."
        : "No port has all that you look for."}
    </Notice>
  );
}
