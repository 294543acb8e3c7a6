import { useMemo, useState } from "react";
import type { Containers } from "../containers/follow";
import type { Program } from "../docker/program";
import type { Report } from "../hostports/report";
import { portRows } from "../ports/row";
import { countPorts, counts, FIRST_VIEW, isFiltered, select, type View } from "../ports/view";
import { Announcement } from "./Announcement";
import { Notice } from "./Notice";
import { NoticeButton } from "./NoticeButton";
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
        <ConflictNotice
          count={numbers.conflicts}
          onShow={() => setView({ ...FIRST_VIEW, group: "conflicts" })}
        />
      )}
      {containers.state === "failed" && (
        <Notice>Can't list the containers: {containers.failure.message}</Notice>
      )}
      <Toolbar view={view} counts={numbers} onChange={setView} />
      <Announcement shown={countPorts(shown)} conflicts={numbers.conflicts} />
      {shown.length > 0 ? (
        <PortsTable
          rows={shown}
          view={view}
          freePorts={freePorts}
          onSort={(sort) => setView({ ...view, sort })}
        />
      ) : (
        <NoRows view={view} onClear={() => setView({ ...FIRST_VIEW, sort: view.sort })} />
      )}
      {report.unseen.length > 0 && <Notice>{report.unseen.join(" ")}</Notice>}
    </>
  );
}

function ConflictNotice({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <Notice severity="warning" action={<NoticeButton label="Show" onClick={onShow} />}>
      {count === 1
        ? "1 port that a container needs is already in use."
        : `${count} ports that containers need are already in use.`}
    </Notice>
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
      action={<NoticeButton label="Show all ports" onClick={onClear} />}
    >
      {isPort
        ? `Nothing uses port ${query}, or the other filters hide it.`
        : "Change the search or the filters."}
    </Notice>
  );
}
