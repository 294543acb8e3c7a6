use super::*;
use crate::resources::{ResourceId, ResourceKey, kind};

use std::collections::BTreeMap;

use expect_test::expect;
use proptest::prelude::*;

/// Compiles `app.rc`; the other files are its neighbours.
fn compile_files(files: &[(&str, &[u8])], options: &RcOptions) -> Result<Resources> {
    let files: BTreeMap<&str, &[u8]> = files.iter().copied().collect();
    let read = |path: &Utf8Path| Ok(files.get(path.as_str()).map(|it| it.to_vec()));
    compile(Utf8Path::new("app.rc"), options, &read)
}

fn compiled(source: &str) -> Resources {
    compile_files(&[("app.rc", source.as_bytes())], &RcOptions::default()).unwrap()
}

fn error(source: &str) -> String {
    match compile_files(&[("app.rc", source.as_bytes())], &RcOptions::default()) {
        Ok(resources) => panic!("{source} is valid: {resources:?}"),
        Err(error) => error.to_string(),
    }
}

/// The data of the only resource.
fn data(source: &str) -> Vec<u8> {
    only(&compiled(source)).1
}

fn only(resources: &Resources) -> (ResourceKey, Vec<u8>) {
    let all: Vec<_> = resources.iter().collect();
    assert_eq!(all.len(), 1, "{all:?}");
    (all[0].0.clone(), all[0].1.to_vec())
}

#[test]
fn raw_data_contain_numbers_and_texts_as_they_are_written() {
    let source = "1 RCDATA { 1, -1, 0x10203L, 017, (1 | 6) + 2 * 3, \"ab\" \"c\\n\", L\"d\" }";
    let expected = b"\x01\0\xff\xff\x03\x02\x01\0\x0f\0\x0d\0abc\nd\0";
    assert_eq!(data(source), expected);
    assert_eq!(data("1 RCDATA BEGIN END"), b"");
}

#[test]
fn escapes_are_those_of_c_and_quotes_are_doubled() {
    let source = r#"1 RCDATA { "a\\b\t\x41\101\'""q\"" }"#;
    assert_eq!(data(source), b"a\\b\tAA'\"q\"");
    // As GNU's and LLVM's compilers do.
    assert_eq!(data(r#"1 RCDATA { "\q" }"#), b"\\q");
}

#[test]
fn names_and_types_are_numbers_words_or_texts() {
    for (source, kind, name) in [
        ("1 24 { }", 24.into(), 1.into()),
        ("#define RT_MANIFEST 24\n1 RT_MANIFEST { }", 24.into(), 1.into()),
        // Many files lack the header.
        ("CREATEPROCESS_MANIFEST_RESOURCE_ID RT_MANIFEST { }", 24.into(), 1.into()),
        ("1 MANIFEST { }", 24.into(), 1.into()),
        ("app TYPELIB { }", ResourceId::name("TYPELIB"), ResourceId::name("APP")),
        ("\"a b\" \"c\" { }", ResourceId::name("C"), ResourceId::name("A B")),
        ("1 + 1 RCDATA MOVEABLE PURE { }", 10.into(), 2.into()),
    ] {
        let (key, _) = only(&compiled(source));
        assert_eq!((key.kind, key.name), (kind, name), "{source}");
    }
}

#[test]
fn the_language_is_us_english_unless_the_file_sets_another() {
    let language = |source| only(&compiled(source)).0.language;
    assert_eq!(language("1 RCDATA { }"), 0x409);
    assert_eq!(language("LANGUAGE 7, 1\n1 RCDATA { }"), 0x407);
    assert_eq!(language("1 RCDATA LANGUAGE 0, 0 { }"), 0);
    let windows = "#include <windows.h>\nLANGUAGE LANG_FRENCH, SUBLANG_FRENCH_SWISS\n1 RCDATA { }";
    assert_eq!(language(windows), 0x100c);
}

#[test]
fn sixteen_texts_are_in_one_resource() {
    let resources =
        compiled("STRINGTABLE { 1 \"one\" 17, L\"x\" \"y\" }\nSTRINGTABLE { 2 \"two\" }");
    let all: Vec<_> = resources.iter().collect();
    assert_eq!(all.len(), 2);
    assert_eq!(*all[0].0, ResourceKey::new(kind::STRING, 1, 0x409));
    let first = [&[0, 0, 3, 0][..], b"o\0n\0e\0", &[3, 0], b"t\0w\0o\0", &[0; 26]].concat();
    assert_eq!(all[0].1, first);
    assert_eq!(*all[1].0, ResourceKey::new(kind::STRING, 2, 0x409));
    assert!(error("STRINGTABLE { 1 \"a\" 1 \"b\" }").contains("the text 1 exists already"));
}

/// As a C preprocessor sees it.
fn preprocessed(source: &str) -> Vec<u8> {
    data(&format!("{source}\n1 RCDATA {{ VALUE }}"))
}

#[test]
fn macros_are_expanded_as_in_c() {
    for (source, expected) in [
        ("#define VALUE 1", &b"\x01\0"[..]),
        ("#define A \"y\"\n#define VALUE A \"x\"", b"yx"),
        ("#define JOIN(a, b) a ## b\n#define VALUE JOIN(1, 2)", b"\x0c\0"),
        ("#define TEXT(x) #x\n#define VALUE TEXT(a + \"b\")", b"a + \"b\""),
        (
            "#define TEXT2(x) #x\n#define TEXT(x) TEXT2(x)\n#define N 12\n#define VALUE TEXT(N.N)",
            b"12.12",
        ),
        ("#define F(x, y) y x\n#define VALUE F((1 + 2), \"a\")", b"a\x03\0"),
        ("#define VALUE \\\n \"two \" \\\n \"lines\"", b"two lines"),
        ("#define VALUE 1\n#undef VALUE\n#define VALUE 2", b"\x02\0"),
    ] {
        assert_eq!(preprocessed(source), expected, "{source}");
    }
}

#[test]
fn conditions_choose_one_branch() {
    let holds = |condition: &str| {
        let source =
            format!("#{condition}\n#define VALUE \"yes\"\n#else\n#define VALUE \"no\"\n#endif");
        preprocessed(&source) == b"yes"
    };
    for condition in [
        "if 1",
        "ifdef RC_INVOKED",
        "ifndef APSTUDIO_INVOKED",
        "if defined(_WIN64) && !defined UNKNOWN",
        "if UNKNOWN == 0 && (1 << 4) >= 0x10L",
        "if 1 + 2 * 3 == 7 && (1 || 1 / 1)",
    ] {
        assert!(holds(condition), "{condition}");
    }
    for condition in ["if 0", "ifdef UNKNOWN", "if 1 - 1", "if !1", "if 2 < 1 || 1 > 2"] {
        assert!(!holds(condition), "{condition}");
    }
    let nested = "#if 0\n#if 1\n#error no\n#else\n#error no\n#endif\n#elif 1\n#define VALUE 1\n#elif 1\n#error no\n#endif";
    assert_eq!(preprocessed(nested), b"\x01\0");
}

#[test]
fn comments_are_removed_but_not_inside_of_texts() {
    let source = "// a\n1 /* b\n c */ RCDATA { \"http://x /* y */\" /**/ } // d";
    assert_eq!(data(source), b"http://x /* y */");
}

#[test]
fn included_headers_define_constants_and_their_declarations_are_ignored() {
    let header = b"#pragma once\n#define ID 7\nextern int it's(void);\n";
    let source = b"#include \"res\\resource.h\"\n#include \"res/resource.h\"\n#include <winver.h>\nID RCDATA { VS_FF_DEBUG }";
    let files = [("app.rc", &source[..]), ("res/resource.h", header)];
    let (key, data) = only(&compile_files(&files, &RcOptions::default()).unwrap());
    assert_eq!((key.name, data), (7.into(), vec![1, 0]));

    let options = RcOptions {
        include_directories: vec!["inc".into()],
        definitions: vec!["A=3".to_owned(), "B".to_owned()],
        ..RcOptions::default()
    };
    let files =
        [("app.rc", &b"#include <a.h>\nA RCDATA { B, C }"[..]), ("inc/a.h", b"#define C 5")];
    let (key, data) = only(&compile_files(&files, &options).unwrap());
    assert_eq!((key.name, data), (3.into(), vec![1, 0, 5, 0]));
}

#[test]
fn files_are_found_next_to_the_file_that_names_them_in_any_spelling() {
    for name in ["\"res/a.xml\"", "\"res\\\\a.xml\"", "\"res\\a.xml\"", "res/a.xml", "res\\a.xml"] {
        let source = format!("1 24 {name}");
        let files = [("app.rc", source.as_bytes()), ("res/a.xml", b"<a/>")];
        let resources = compile_files(&files, &RcOptions::default());
        assert_eq!(only(&resources.unwrap()).1, b"<a/>", "{name}");
    }
}

#[test]
fn texts_are_read_and_written_in_the_files_code_page() {
    let data = |source: &[u8]| {
        only(&compile_files(&[("app.rc", source)], &RcOptions::default()).unwrap()).1
    };
    // Valid UTF-8 is UTF-8, everything else is Western European.
    assert_eq!(data("1 RCDATA { \"é\" L\"é\" }".as_bytes()), b"\xc3\xa9\xe9\0");
    assert_eq!(data(b"1 RCDATA { \"\xe9\" L\"\x80\" }"), b"\xe9\xac\x20");
    let declared = b"#pragma code_page(1252)\n1 RCDATA { \"\xe9\" L\"\xe9\" }";
    assert_eq!(data(declared), b"\xe9\xe9\0");
    let utf16: Vec<u8> = "\u{feff}#pragma code_page(1252)\r\n1 RCDATA { \"é\" }\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(data(&utf16), b"\xe9");
    assert_eq!(data(b"\xef\xbb\xbf1 RCDATA { \"a\" }"), b"a");
    assert!(error("#pragma code_page(932)").contains("`app.rc`:1: the code page 932"));
}

#[test]
fn a_version_is_a_tree_of_blocks() {
    let source = r#"
        #define VER_(a) #a
        #define VER(a) VER_(a)
        1 VERSIONINFO
        FILEVERSION 1,2,3
        PRODUCTVERSION 4,5,6,7
        FILEOS 0x40004L
        FILETYPE 1
        BEGIN
            BLOCK "StringFileInfo"
            BEGIN
                BLOCK "040904b0" { VALUE "A", VER(12) "\0"  VALUE "Empty", "" }
            END
            BLOCK "VarFileInfo" { VALUE "Translation", 0x409, 1200 }
        END"#;
    let version = data(source);
    assert_eq!(version.len(), usize::from(u16::from_le_bytes([version[0], version[1]])));
    let fixed: Vec<u32> = version[40..92]
        .chunks_exact(4)
        .map(|it| u32::from_le_bytes(it.try_into().unwrap()))
        .collect();
    assert_eq!(fixed[2..6], [0x0001_0002, 0x0003_0000, 0x0004_0005, 0x0006_0007]);
    let units: Vec<u16> =
        version.chunks_exact(2).map(|it| u16::from_le_bytes(it.try_into().unwrap())).collect();
    let value: Vec<u16> = "A\0\0".encode_utf16().chain("12\0".encode_utf16()).collect();
    // Length, length of the value in characters, text, key, value.
    let expected = [&[18, 3, 1][..], &value].concat();
    assert!(units.windows(expected.len()).any(|it| it == expected), "{units:x?}");
    assert!(version.ends_with(&[0x09, 0x04, 0xb0, 0x04]));
}

#[test]
fn an_icon_is_a_group_and_its_pictures() {
    let icon =
        crate::resources::icon::file(&[(16, b"\x89PNG16".to_vec()), (256, b"\x89PNG".to_vec())]);
    let files = [("app.rc", &b"app ICON \"a.ico\"\n2 ICON a.ico"[..]), ("a.ico", &icon)];
    let resources = compile_files(&files, &RcOptions::default()).unwrap();
    let keys: Vec<String> = resources
        .iter()
        .map(|(key, data)| format!("{} {}: {}", key.kind, key.name, data.len()))
        .collect();
    let expected = ["3 1: 6", "3 2: 4", "3 3: 6", "3 4: 4", "14 APP: 34", "14 2: 34"];
    assert_eq!(keys, expected);
    let group = resources.iter().nth(5).unwrap().1;
    let second = [&[0, 0, 1, 0, 2, 0][..], &[16, 16, 0, 0, 1, 0, 32, 0, 6, 0, 0, 0, 3, 0]].concat();
    assert_eq!(group[..20], second);

    let truncated = [("app.rc", &b"1 ICON a.ico"[..]), ("a.ico", &icon[..icon.len() - 1])];
    let error = compile_files(&truncated, &RcOptions::default()).unwrap_err().to_string();
    assert!(error.contains("picture 2 of 2 ends past the end"), "{error}");

    // As many pictures as the format allows, twice.
    let mut hostile = vec![0, 0, 1, 0, 0xff, 0xff];
    hostile.resize(6 + 16 * 0xffff, 0);
    let files = [("app.rc", &b"1 ICON a.ico\n2 ICON a.ico"[..]), ("a.ico", &hostile)];
    let error = compile_files(&files, &RcOptions::default()).unwrap_err().to_string();
    assert!(error.contains("`app.rc`:2") && error.contains("more than 65535 pictures"), "{error}");
}

#[test]
fn a_message_names_the_file_the_line_and_the_fault() {
    let messages: Vec<String> = [
        "\n1 DIALOG 0, 0, 1, 1 BEGIN END",
        "1 RCDATA \"missing.bin\"",
        "1 RCDATA { UNKNOWN }",
        "1 RCDATA { 1",
        "1 RCDATA { \"a",
        "#include \"missing.h\"",
        "#if 1\n",
        "#endif",
        "#if 1 / 0\n#endif",
        "#frobnicate",
        "1 VERSIONINFO FILEVERSION 70000 {}",
        "1 VERSIONINFO WHAT",
        "1 RCDATA {}\n1 RCDATA {}",
        "70000 RCDATA {}",
        "1",
        "STRINGTABLE { x \"a\" }",
        "#error stop",
    ]
    .into_iter()
    .map(error)
    .collect();
    expect![[r#"
        `app.rc`:2: the statement `DIALOG` is not supported
        `app.rc`:1: the file `missing.bin` does not exist
        `app.rc`:1: the constant `UNKNOWN` is not defined
        `app.rc`:1: the file ends, expected `END` or `}`
        `app.rc`:1: a text in quotes does not end on its line
        `app.rc`:1: the included file `missing.h` does not exist
        `app.rc`:1: `#endif` is missing
        `app.rc`:1: `#endif` without `#if`
        `app.rc`:1: a division by zero
        `app.rc`:1: the preprocessor directive `#frobnicate` is unknown
        `app.rc`:1: the number 70000 is not between 0 and 65535
        `app.rc`:1: found `WHAT`, expected `FILEVERSION`, another statement of a version, or `BEGIN`
        `app.rc`:2: the resource with the type 10, the name 1 and the language 1033 exists already
        `app.rc`:1: the number 70000 is not between 0 and 65535
        `app.rc`:1: the file ends, expected a resource's type
        `app.rc`:1: the constant `x` is not defined
        `app.rc`:1: #error stop
    "#]]
    .assert_eq(&(messages.join("\n") + "\n"));
}

#[test]
fn a_hostile_file_is_rejected_in_bounded_time() {
    let many = |text: &str| text.repeat(100_000);
    for source in [
        format!("1 RCDATA {{ {}1 }}", many("(")),
        format!("1 RCDATA {{ {}1 }}", many("-")),
        format!("#if {}1\n#endif", many("!")),
        "1 VERSIONINFO ".to_owned() + &many("{ BLOCK \"a\" "),
        "#include \"app.rc\"".to_owned(),
        // Each macro is the next one twice.
        (0..64).map(|it| format!("#define M{it} M{} M{}\n", it + 1, it + 1)).collect::<String>()
            + "M0 RCDATA {}",
        (0..64)
            .map(|it| format!("#define M{it}(a) M{}(a a) M{}(a a)\n", it + 1, it + 1))
            .collect::<String>()
            + "M0(1) RCDATA {}",
        many("#if 1\n"),
        many("/*"),
        many("1 RCDATA "),
    ] {
        let result = compile_files(&[("app.rc", source.as_bytes())], &RcOptions::default());
        assert!(result.is_err() || source.starts_with("/*"), "{:.60}", source);
    }
}

const WORDS: [&str; 34] = [
    "#define ",
    "#if ",
    "#endif",
    "#else",
    "#include ",
    "#",
    "\n",
    "\n",
    " ",
    "(",
    ")",
    "{",
    "}",
    ",",
    "\"",
    "\"a\"",
    "\\",
    "//",
    "/*",
    "*/",
    "+",
    "-",
    "1",
    "0x1L",
    "RCDATA",
    "BLOCK ",
    "VALUE ",
    "STRINGTABLE",
    "VERSIONINFO",
    "ICON",
    "L",
    "LANGUAGE ",
    "A",
    "é",
];

proptest! {
    #[test]
    fn any_file_is_compiled_or_rejected(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..60)) {
        let _ = compile_files(&[("app.rc", words.concat().as_bytes())], &RcOptions::default());
    }

    #[test]
    fn any_bytes_are_compiled_or_rejected(source: Vec<u8>, icon: Vec<u8>) {
        let mut ico = vec![0, 0, 1, 0];
        ico.extend(icon);
        let _ = compile_files(&[("app.rc", &source)], &RcOptions::default());
        let _ = compile_files(&[("app.rc", b"1 ICON a"), ("a", &ico)], &RcOptions::default());
    }

    #[test]
    fn a_text_in_quotes_is_the_text(text in r"[^\x00-\x1f]{0,40}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\"\"");
        let source = format!("#pragma code_page(65001)\n1 RCDATA {{ \"{quoted}\" }}");
        prop_assert_eq!(data(&source), text.as_bytes());
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        prop_assert_eq!(data(&source.replace("{ \"", "{ L\"")), wide);
    }
}
