//! Prints the resources of the program, as Windows' functions read them.

#[cfg(not(windows))]
fn main() {}

#[cfg(windows)]
fn main() {
    let path = std::env::current_exe().unwrap();
    let path: Vec<u16> = std::os::windows::ffi::OsStrExt::encode_wide(path.as_os_str()).chain([0]).collect();
    version(&path);
    println!("manifest: {:?}", String::from_utf8_lossy(resource(24)));
    // The first of the icons in the group is in a resource of its own.
    println!("icons: {}", resource(14).get(4).unwrap_or(&0));
    println!("code page: {}", unsafe { GetACP() });
}

#[cfg(windows)]
fn version(path: &[u16]) {
    let size = unsafe { GetFileVersionInfoSizeW(path.as_ptr(), &mut 0) };
    let mut info = vec![0_u8; size as usize];
    if size == 0 || unsafe { GetFileVersionInfoW(path.as_ptr(), 0, size, info.as_mut_ptr()) } == 0 {
        println!("no version");
        return;
    }
    let query = |name: &str| {
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        let (mut value, mut length) = (std::ptr::null(), 0);
        let found = unsafe { VerQueryValueW(info.as_ptr(), name.as_ptr(), &mut value, &mut length) };
        (found != 0).then_some((value, length as usize))
    };
    let (fixed, _) = query("\\").unwrap();
    let fixed = unsafe { std::slice::from_raw_parts(fixed.cast::<u32>(), 13) };
    println!("fixed: {:#x} {:#x}", fixed[2], fixed[3]);
    let (translation, _) = query("\\VarFileInfo\\Translation").unwrap();
    let [language, page] = unsafe { *translation.cast::<[u16; 2]>() };
    for key in [
        "ProductName", "FileDescription", "CompanyName", "LegalCopyright", "FileVersion", "ProductVersion",
        "OriginalFilename", "InternalName",
    ] {
        if let Some((value, length)) = query(&format!("\\StringFileInfo\\{language:04x}{page:04x}\\{key}")) {
            let text = unsafe { std::slice::from_raw_parts(value.cast::<u16>(), length) };
            println!("{key}: {}", String::from_utf16_lossy(text).trim_end_matches('\0'));
        }
    }
}

/// The resource of a type with the name 1.
#[cfg(windows)]
fn resource(kind: usize) -> &'static [u8] {
    unsafe {
        let null = std::ptr::null();
        let found = FindResourceW(null, std::ptr::without_provenance(1), std::ptr::without_provenance(kind));
        if found.is_null() {
            return b"";
        }
        let data = LockResource(LoadResource(null, found));
        std::slice::from_raw_parts(data, SizeofResource(null, found) as usize)
    }
}

#[cfg(windows)]
#[link(name = "version", kind = "raw-dylib")]
unsafe extern "system" {
    fn GetFileVersionInfoSizeW(path: *const u16, zero: *mut u32) -> u32;
    fn GetFileVersionInfoW(path: *const u16, zero: u32, size: u32, data: *mut u8) -> i32;
    fn VerQueryValueW(info: *const u8, name: *const u16, value: *mut *const u8, length: *mut u32) -> i32;
}

#[cfg(windows)]
#[link(name = "kernel32", kind = "raw-dylib")]
unsafe extern "system" {
    fn GetACP() -> u32;
    fn FindResourceW(module: *const u8, name: *const u16, kind: *const u16) -> *const u8;
    fn LoadResource(module: *const u8, resource: *const u8) -> *const u8;
    fn LockResource(resource: *const u8) -> *const u8;
    fn SizeofResource(module: *const u8, resource: *const u8) -> u32;
}
