import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { CssBaseline } from "@mui/material";
import { connect } from "./docker";
import { loadRows } from "./report";
import { ReportPage } from "./ReportPage";
import { useLoad } from "./useLoad";

const load = async () => loadRows(connect());

export function App() {
  const [state, reload] = useLoad(load);
  return (
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      <ReportPage state={state} onReload={reload} />
    </DockerMuiV6ThemeProvider>
  );
}
