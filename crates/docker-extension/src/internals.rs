//! Exports for the tests, fuzz targets and maintainer tools of this repository. They are not public: they
//! change without notice.

pub mod binaries {
    pub use crate::binaries::{Listed, ListedFiles, Promise, judge};
}

pub mod compose {
    pub use crate::compose::{Expansion, expand};
}

pub mod contents {
    pub use crate::contents::{
        CopySource, FileMode, FileOrigin, Files, ImageContents, LayerContents, PerVariant,
    };
    pub mod labels {
        pub use crate::contents::labels::{
            ADDITIONAL_URLS, API_VERSION, CATEGORIES, CHANGELOG, DESCRIPTION, DETAILED_DESCRIPTION,
            ICON, Labels, PUBLISHER_URL, SCREENSHOTS, TITLE, VENDOR, VERSION,
        };
    }
}

pub mod context {
    pub use crate::context::Context;
}

pub mod engine {
    pub use crate::engine::{
        BuildxEngine, Engine, EngineChoice, EngineRequest, NoBuilder, choose, probe,
    };
}

pub mod foreign {
    pub use crate::foreign::{Declaration, LinkedLibrary, declarations};
}

pub mod http {
    pub use crate::http::{
        Address, RequestHead, ResponseHead, ResponseReader, is_local, read_body, read_head,
    };
}

pub mod image {
    pub use crate::image::Image;
    pub mod read {
        pub use crate::image::read::{FileContent, ImageSource, ReadError, StoredImage};
        pub mod limits {
            pub use crate::image::read::limits::Limits;
        }
        pub mod tree {
            pub use crate::image::read::tree::{FileTree, NodeKind};
        }
    }
}

pub mod inspect {
    pub use crate::inspect::{
        BinaryFormat, BinaryKind, Cpu, Elf, Glibc, ImportedSymbol, InspectedFile, Loading, MachO,
        Native, NeededLibrary, Pe, Signature, Slice, Subsystem, read,
    };
}

pub mod macos_symbols {
    pub use crate::macos_symbols::{
        CLASS, GENERATED, METACLASS, Symbol, SymbolList, lists, version,
    };
}

pub mod oci {
    pub use crate::oci::{Digest, ImageName, Reference, Tag};
}

pub mod platform {
    pub use crate::platform::{Arch, HostPlatform, ImagePlatform, Os};
}

pub mod progress {
    pub use crate::progress::{Progress, Verbosity};
}

pub mod project {
    pub mod config {
        pub use crate::project::config::MacOsVersion;
    }
}

pub mod resources {
    pub use crate::resources::{Resources, kind};
    pub mod object_file {
        pub use crate::resources::object_file::{CoffMachine, write};
    }
    pub mod program {
        pub use crate::resources::program::read;
    }
    pub mod rc {
        pub use crate::resources::rc::{RcOptions, compile};
    }
}

pub mod rules {
    pub use crate::rules::{Severity, compose, image, labels, metadata, online, placeholder};
}

pub mod text {
    pub use crate::text::hex;
}

pub mod sink {
    pub use crate::sink::{DockerEngine, Registry, Sink};
}

pub mod toolchain {
    pub mod import_library {
        pub use crate::toolchain::import_library::from_name;
    }
    pub mod macos {
        pub use crate::toolchain::macos::sdk;
    }
    pub mod zig {
        pub use crate::toolchain::zig::{Zig, find};
    }
}

pub mod validate {
    pub mod compose {
        pub use crate::validate::compose::{ComposeText, check};
    }
    pub mod finding {
        pub use crate::validate::finding::At;
    }
    pub mod image {
        pub use crate::validate::image::check;
    }
    pub mod labels {
        pub use crate::validate::labels::check;
    }
    pub mod metadata {
        pub use crate::validate::metadata::read;
    }
    pub mod picture {
        pub use crate::validate::picture::{PictureFormat, read};
    }
    pub mod report {
        pub use crate::validate::report::{ReportFormat, ValidationReport};
    }
    pub mod source {
        pub use crate::validate::source::ExtensionSources;
    }
}
