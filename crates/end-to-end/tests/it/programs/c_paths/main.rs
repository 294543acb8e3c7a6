unsafe extern "C" {
    fn greet(number: f64);
    fn in_c() -> *const core::ffi::c_char;
    fn in_header() -> *const core::ffi::c_char;
    fn in_cpp() -> *const core::ffi::c_char;
    fn in_assembler() -> *const core::ffi::c_char;
}

fn main() {
    unsafe { greet(4.0) };
    for path in [in_c, in_header, in_cpp, in_assembler] {
        println!("{}", unsafe { core::ffi::CStr::from_ptr(path()) }.to_str().unwrap());
    }
}
