import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { CssBaseline } from "@mui/material";
import { useState } from "react";
import { Notice } from "./components/Notice";
import { Page } from "./components/Page";
import { PortsPage } from "./components/PortsPage";
import { connect } from "./docker/client";

export function App() {
  const [docker] = useState(connect);
  return (
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      {docker ? <PortsPage docker={docker} /> : <OutsideDockerDesktop />}
    </DockerMuiV6ThemeProvider>
  );
}

function OutsideDockerDesktop() {
  return (
    <Page>
      <Notice title="This page needs Docker Desktop">
        It is part of an extension. Install the extension, and open its tab in Docker Desktop.
      </Notice>
    </Page>
  );
}
