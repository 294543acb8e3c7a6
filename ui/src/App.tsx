import type { v1 } from "@docker/extension-api-client-types";
import { useCallback, useEffect, useState } from "react";
import { listListeners } from "./docker";
import type { Listener, Report } from "./hostports";

export function App({ docker }: { docker: v1.DockerDesktopClient | undefined }) {
  return docker ? <HostPorts docker={docker} /> : <OutsideDockerDesktop />;
}

function OutsideDockerDesktop() {
  return (
    <main>
      <h1>Host Ports</h1>
      <Notice title="Open this page in Docker Desktop">
        It is part of a Docker Desktop extension and needs Docker Desktop to look at your computer.
      </Notice>
    </main>
  );
}

type Result = Report | { error: string };

function HostPorts({ docker }: { docker: v1.DockerDesktopClient }) {
  const [result, setResult] = useState<Result>();
  const [busy, setBusy] = useState(false);

  const refresh = useCallback(async () => {
    setBusy(true);
    try {
      setResult(await listListeners(docker));
    } catch (error) {
      setResult({ error: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  }, [docker]);

  useEffect(() => {
    void refresh();
  }, [refresh]);

  return (
    <main aria-busy={busy}>
      <header>
        <div>
          <h1>Host Ports</h1>
          <p>Ports that this computer listens on, and the processes behind them.</p>
        </div>
        <button type="button" onClick={refresh} disabled={busy}>
          Refresh
        </button>
      </header>
      {result ? <ResultView result={result} /> : <Notice title="Looking for listening ports…" />}
    </main>
  );
}

function ResultView({ result }: { result: Result }) {
  if ("error" in result) {
    return (
      <Notice title="The ports can't be listed" role="alert">
        {result.error}
      </Notice>
    );
  }
  if (result.listeners.length === 0) {
    return (
      <Notice title="No listening ports">
        No process listens on a port.
      </Notice>
    );
  }
  return (
    <>
      <ListenerTable listeners={result.listeners} />
      {result.unseen.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </>
  );
}

function ListenerTable({ listeners }: { listeners: Listener[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col" className="number">
            Port
          </th>
          <th scope="col">Protocol</th>
          <th scope="col">Address</th>
          <th scope="col">Process</th>
          <th scope="col" className="number">
            PID
          </th>
        </tr>
      </thead>
      <tbody>
        {listeners.map(({ protocol, port, address, process, pid }) => (
          <tr key={`${protocol} ${port} ${address} ${pid}`}>
            <td className="number">{port}</td>
            <td>{protocol.toUpperCase()}</td>
            <td className="address">{address}</td>
            <td>{process ?? "not visible"}</td>
            <td className="number">{pid ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface NoticeProps {
  title: string;
  role?: "alert" | "status";
  children?: string;
}

function Notice({ title, role = "status", children }: NoticeProps) {
  return (
    <div className="notice" role={role}>
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  );
}
