import { useMemo } from "react";
import type { DockerDesktop } from "../docker/client";
import { dockerCli, hostports } from "../docker/program";
import { Failed } from "./Failed";
import { Freshness } from "./Freshness";
import { LoadingTable } from "./LoadingTable";
import { Page } from "./Page";
import { Ports } from "./Ports";
import { useContainers, useHostPorts } from "./use";

/** Watches the ports and the containers while it is mounted. */
export function PortsPage({ docker }: { docker: DockerDesktop }) {
  const program = useMemo(() => hostports(docker), [docker]);
  const [hostPorts, retry] = useHostPorts(program);
  const containers = useContainers(useMemo(() => dockerCli(docker), [docker]));
  return (
    <Page aside={<Freshness hostPorts={hostPorts} />}>
      {hostPorts.state === "loading" && <LoadingTable />}
      {hostPorts.state === "failed" && <Failed failure={hostPorts.failure} onRetry={retry} />}
      {hostPorts.state === "shown" && (
        <Ports report={hostPorts.report} containers={containers} hostports={program} />
      )}
    </Page>
  );
}
