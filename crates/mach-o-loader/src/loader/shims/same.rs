//! The functions that are the same in glibc, its math library or GCC's unwinder: name, arguments, results
//! and structures. Structures that a program initializes before use (attributes) are larger on macOS.

use std::ffi::CString;

#[rustfmt::skip]
const UNWINDER: &[&str] = &[
    "_Unwind_Backtrace", "_Unwind_DeleteException", "_Unwind_GetCFA", "_Unwind_GetDataRelBase",
    "_Unwind_GetIP", "_Unwind_GetIPInfo", "_Unwind_GetLanguageSpecificData",
    "_Unwind_GetRegionStart", "_Unwind_GetTextRelBase", "_Unwind_RaiseException",
    "_Unwind_Resume", "_Unwind_SetGR", "_Unwind_SetIP",
];

#[rustfmt::skip]
const STDLIB: &[&str] = &[
    "_Exit", "abort", "abs", "atof", "atoi", "atol", "atoll", "bsearch", "calloc", "div", "exit",
    "free", "getenv", "labs", "llabs", "malloc", "mkdtemp", "mkstemp", "posix_memalign", "putenv",
    "qsort", "realloc", "realpath", "setenv", "strtod", "strtof", "strtol", "strtoll", "strtoul",
    "strtoull", "system", "unsetenv", "__stack_chk_fail",
];

#[rustfmt::skip]
const STRING: &[&str] = &[
    "bcmp", "bcopy", "bzero", "index", "memccpy", "memchr", "memcmp", "memcpy", "memmem", "memmove",
    "memset", "rindex", "stpcpy", "stpncpy", "strcasecmp", "strcasestr", "strcat", "strchr", "strcmp",
    "strcoll", "strcpy", "strcspn", "strdup", "strlen", "strncasecmp", "strncat", "strncmp", "strncpy",
    "strndup", "strnlen", "strpbrk", "strrchr", "strsep", "strspn", "strstr", "strtok", "strtok_r",
    "strxfrm",
    "__memcpy_chk", "__memmove_chk", "__memset_chk", "__stpcpy_chk", "__strcat_chk", "__strcpy_chk",
    "__strncat_chk", "__strncpy_chk",
];

/// Streams are opaque to programs, and variadic functions take arguments in the same way on x86-64.
#[rustfmt::skip]
const STDIO: &[&str] = &[
    "asprintf", "clearerr", "fclose", "fdopen", "feof", "ferror", "fflush", "fgetc", "fgets", "fileno",
    "fopen", "fprintf", "fputc", "fputs", "fread", "fscanf", "fseek", "fseeko", "ftell", "ftello",
    "fwrite", "getc", "getchar", "getline", "printf", "putc", "putchar", "puts", "remove",
    "rename", "rewind", "setbuf", "setvbuf", "snprintf", "sprintf", "sscanf", "tmpfile", "ungetc", "vasprintf",
    "vfprintf", "vprintf", "vsnprintf", "vsprintf", "vsscanf",
    "__snprintf_chk", "__sprintf_chk", "__vsnprintf_chk", "__vsprintf_chk",
];

#[rustfmt::skip]
const CTYPE: &[&str] = &[
    "isalnum", "isalpha", "isblank", "iscntrl", "isdigit", "isgraph", "islower", "isprint", "ispunct",
    "isspace", "isupper", "isxdigit", "toascii", "tolower", "toupper",
];

#[rustfmt::skip]
const MATH: &[&str] = &[
    "acos", "acosf", "acosh", "acoshf", "asin", "asinf", "asinh", "asinhf", "atan", "atan2", "atan2f",
    "atanf", "atanh", "atanhf", "cbrt", "cbrtf", "ceil", "ceilf", "copysign", "copysignf", "cos",
    "cosf", "cosh", "coshf", "erf", "erfc", "erfcf", "erff", "exp", "exp2", "exp2f", "expf", "expm1",
    "expm1f", "fabs", "fabsf", "fdim", "fdimf", "floor", "floorf", "fma", "fmaf", "fmax", "fmaxf",
    "fmin", "fminf", "fmod", "fmodf", "frexp", "frexpf", "hypot", "hypotf", "ilogb", "ldexp", "ldexpf",
    "lgamma_r", "lgammaf_r", "llrint", "llround", "log", "log10", "log10f", "log1p", "log1pf", "log2",
    "log2f", "logb", "logf", "lrint", "lround", "modf", "modff", "nan", "nearbyint", "nextafter", "pow",
    "powf", "remainder", "rint", "rintf", "round", "roundf", "scalbn", "sin", "sinf", "sinh", "sinhf",
    "sqrt", "sqrtf", "tan", "tanf", "tanh", "tanhf", "tgamma", "tgammaf", "trunc", "truncf",
];

/// `struct tm` and `struct timeval` have the same fields at the same places.
#[rustfmt::skip]
const TIME: &[&str] = &[
    "asctime_r", "ctime_r", "difftime", "gettimeofday", "gmtime", "gmtime_r", "localtime",
    "localtime_r", "mktime", "nanosleep", "strftime", "strptime", "time", "timegm", "tzset", "utimes",
];

#[rustfmt::skip]
const UNISTD: &[&str] = &[
    "_exit", "access", "alarm", "chdir", "chmod", "chown", "chroot", "close", "closedir", "dirfd",
    "execv", "execve", "execvp", "fchdir", "fchmod", "fchown", "fork", "fsync", "ftruncate", "getcwd",
    "getegid", "getentropy", "geteuid", "getgid", "gethostname", "getlogin_r", "getopt", "getpgid",
    "getpgrp", "getpid", "getppid", "getsid", "getuid", "isatty", "link", "lseek", "mkdir", "mprotect",
    "munmap", "nice", "pause", "pipe", "pread", "pwrite", "read", "readlink", "readv", "rewinddir", "rmdir",
    "sched_yield", "setegid", "seteuid", "setgid", "setpgid", "setsid", "setuid", "shutdown", "sleep",
    "symlink", "sync", "truncate", "ttyname_r", "umask", "unlink", "usleep", "write",
    "writev",
];

#[rustfmt::skip]
const NETWORK: &[&str] = &[
    "htonl", "htons", "if_indextoname", "if_nametoindex", "listen", "ntohl", "ntohs", "poll",
];

#[rustfmt::skip]
const PTHREAD: &[&str] = &[
    "pthread_attr_destroy", "pthread_attr_init", "pthread_attr_setdetachstate",
    "pthread_attr_setstacksize", "pthread_condattr_destroy", "pthread_condattr_init", "pthread_create",
    "pthread_detach", "pthread_equal", "pthread_exit", "pthread_join", "pthread_mutexattr_destroy",
    "pthread_mutexattr_init", "pthread_rwlockattr_destroy", "pthread_rwlockattr_init", "pthread_self",
];

const ALL: [&[&str]; 10] =
    [UNWINDER, STDLIB, STRING, STDIO, CTYPE, MATH, TIME, UNISTD, NETWORK, PTHREAD];

/// Functions with another name in glibc.
const RENAMED: [(&str, &str); 1] = [("__bzero", "bzero")];

/// The address of glibc's function with this name.
pub fn find(name: &str) -> Option<u64> {
    let renamed = RENAMED.iter().find(|(apple, _)| *apple == name);
    let name = match renamed {
        Some((_, glibc)) => glibc,
        None if ALL.iter().any(|names| names.contains(&name)) => name,
        None => return None,
    };
    let name = CString::new(name).ok()?;
    // SAFETY: both arguments are C strings, and the library stays loaded.
    let address = unsafe {
        let mathematics = libc::dlopen(c"libm.so.6".as_ptr(), libc::RTLD_NOW);
        let found = libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr());
        if found.is_null() { libc::dlsym(mathematics, name.as_ptr()) } else { found }
    };
    (!address.is_null()).then_some(address as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_has_every_function() {
        let names = ALL.iter().flat_map(|names| names.iter());
        let missing: Vec<_> = names.filter(|name| find(name).is_none()).collect();
        assert_eq!(missing, Vec::<&&str>::new());
    }
}
