import { createSvgIcon } from "@mui/material";

const line = {
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 2,
  strokeLinecap: "round",
} as const;

export const SearchIcon = createSvgIcon(
  <g {...line}>
    <circle cx="10.5" cy="10.5" r="6" />
    <path d="M15 15l5.5 5.5" />
  </g>,
  "Search",
);

export const ClearIcon = createSvgIcon(<path {...line} d="M6 6l12 12M18 6L6 18" />, "Clear");

export const CopyIcon = createSvgIcon(
  <g {...line} strokeLinejoin="round">
    <rect x="9" y="9" width="11" height="11" rx="1.5" />
    <path d="M15 9V5.5A1.5 1.5 0 0 0 13.5 4H5.500A1.5 1.5 0 0 0 4 5.500V13.500A1.5 1.5 0 0 0 5.5 15H9" />
  </g>,
  "Copy",
);

export const DoneIcon = createSvgIcon(
  <path {...line} strokeLinejoin="round" d="M5 12.500l4.5 4.500L19 7.5" />,
  "Done",
);

/** A window with a prompt. */
export const ProcessIcon = createSvgIcon(
  <g {...line} strokeLinejoin="round">
    <rect x="3" y="4.5" width="18" height="15" rx="2" />
    <path d="M7 9.500l3 2.5-3 2.500M13 15h4" />
  </g>,
  "Process",
);

/** A box. */
export const ContainerIcon = createSvgIcon(
  <path
    {...line}
    strokeLinejoin="round"
    d="M12 3l8 4.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.5 8-4.500M12 12v9"
  />,
  "Container",
);

/** A dashed circle. */
export const FreeIcon = createSvgIcon(
  <circle {...line} strokeDasharray="3 4" cx="12" cy="12" r="8" />,
  "Free",
);
