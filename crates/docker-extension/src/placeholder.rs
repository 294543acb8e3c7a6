pub const DESCRIPTION: &str = "A new extension for Docker Desktop.";
pub const VENDOR: &str = "Example Vendor";
