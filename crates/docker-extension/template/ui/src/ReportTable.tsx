import {
  Paper,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
} from "@mui/material";
import { CAPTION, COLUMNS, type Row } from "./report";

export function ReportTable({ rows }: { rows: Row[] }) {
  return (
    <TableContainer component={Paper} variant="outlined">
      <Table size="small" aria-label={CAPTION}>
        <TableHead>
          <TableRow>
            {COLUMNS.map((column) => (
              <TableCell key={column} sx={{ fontWeight: 600 }}>
                {column}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row, index) => (
            <TableRow key={index} hover>
              {COLUMNS.map((column) => (
                <TableCell key={column} sx={{ overflowWrap: "anywhere" }}>
                  {row[column]}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
