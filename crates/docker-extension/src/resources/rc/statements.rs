//! The statements of an `.rc` file.

use super::constants;
use super::expression::{ExpressionValue, Expressions, UndefinedWord};
use super::token::{Text, Token, TokenKind};
use super::{FileSearch, RcOptions, RcPosition};
use crate::error::{Error, Result};
use crate::resources::icon::{self, Pictogram};
use crate::resources::version::{self, BlockContent, FixedFileInfo, VersionBlock};
use crate::resources::{ResourceId, ResourceKey, Resources, US_ENGLISH, kind};

/// Hostile files must not exhaust the stack.
const MAX_DEPTH: u32 = 16;
/// Of a file that a statement names, and of all resources together, in bytes.
const MAX_SIZE: usize = 256 << 20;

pub(super) fn parse(
    tokens: &[Token],
    options: &RcOptions,
    files: &FileSearch<'_>,
) -> Result<Resources> {
    let end = match tokens.last() {
        Some(token) => token.position.clone(),
        None => return Ok(Resources::default()),
    };
    let mut parser = StatementParser {
        tokens,
        at: 0,
        end,
        language: options.language.unwrap_or(US_ENGLISH),
        files,
        resources: Resources::default(),
        size: 0,
        texts: Vec::new(),
    };
    while parser.peek().is_some() {
        parser.statement()?;
    }
    parser.finish()
}

/// A text of a `STRINGTABLE`.
struct NumberedText {
    number: u16,
    language: u16,
    text: Vec<u16>,
    position: RcPosition,
}

struct StatementParser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// For errors at the end of the file.
    end: RcPosition,
    /// Of the statements that follow.
    language: u16,
    files: &'a FileSearch<'a>,
    resources: Resources,
    size: usize,
    texts: Vec<NumberedText>,
}

/// Words between the type and the content. They had a meaning in 16-bit Windows.
const MEMORY_FLAGS: [&str; 9] = [
    "PRELOAD",
    "LOADONCALL",
    "FIXED",
    "MOVEABLE",
    "DISCARDABLE",
    "PURE",
    "IMPURE",
    "SHARED",
    "NONSHARED",
];

/// Statements for the windows of a program.
const UNSUPPORTED: [&str; 8] =
    ["ACCELERATORS", "DIALOG", "DIALOGEX", "FONT", "FONTDIR", "MENU", "MENUEX", "TOOLBAR"];

/// The types with a keyword whose content is used as it is.
const RAW_KINDS: [(&str, u16); 7] = [
    ("RCDATA", kind::RAW_DATA),
    ("MESSAGETABLE", kind::MESSAGE_TABLE),
    ("PLUGPLAY", 19),
    ("VXD", 20),
    ("ANICURSOR", 21),
    ("ANIICON", 22),
    ("HTML", 23),
];

impl<'a> StatementParser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn position(&self) -> RcPosition {
        self.peek().map_or(&self.end, |token| &token.position).clone()
    }

    fn unexpected(&self, expected: &str) -> Error {
        match self.peek() {
            Some(token) => {
                token.position.error(format_args!("found `{}`, expected {expected}", token.raw))
            }
            None => self.end.error(format_args!("the file ends, expected {expected}")),
        }
    }

    fn next_is_word(&self, word: &str) -> bool {
        self.peek().and_then(Token::word).is_some_and(|it| it.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_next = self.next_is_word(word);
        self.at += usize::from(is_next);
        is_next
    }

    fn take_symbol(&mut self, symbol: char) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is_symbol(symbol));
        self.at += usize::from(is_next);
        is_next
    }

    fn next_is_begin(&self) -> bool {
        self.next_is_word("BEGIN") || self.peek().is_some_and(|token| token.is_symbol('{'))
    }

    fn begin(&mut self) -> Result<()> {
        if self.take_word("BEGIN") || self.take_symbol('{') {
            return Ok(());
        }
        Err(self.unexpected("`BEGIN` or `{`"))
    }

    fn take_end(&mut self) -> bool {
        self.take_word("END") || self.take_symbol('}')
    }

    fn value(&mut self) -> Result<ExpressionValue> {
        let mut expressions =
            Expressions::new(self.tokens, self.at, UndefinedWord::Error, self.end.clone());
        let value = expressions.read()?;
        self.at = expressions.at;
        Ok(value)
    }

    fn number(&mut self) -> Result<u32> {
        Ok(self.value()?.value as u32)
    }

    fn text(&mut self, expected: &str) -> Result<&'a Text> {
        match self.peek() {
            Some(Token { kind: TokenKind::Text(text), .. }) => {
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn statement(&mut self) -> Result<()> {
        if self.take_symbol(';') {
            return Ok(());
        }
        if self.take_word("LANGUAGE") {
            self.language = self.language_value()?;
            return Ok(());
        }
        if self.next_is_word("STRINGTABLE") {
            return self.string_table();
        }
        let name = self.id("a resource's name or number")?;
        let position = self.position();
        let word = self.peek().and_then(Token::word).map(str::to_ascii_uppercase);
        let word = word.unwrap_or_default();
        if UNSUPPORTED.contains(&&*word) {
            return Err(position
                .error(format_args!("the statement `{word}` is not supported"))
                .help(
                    "remove it if the program has no windows; otherwise install GNU's `windres` and set the \
                     variables `RC` and `WINDRES` to its path",
                ));
        }
        if self.take_word("VERSIONINFO") {
            return self.version(name, &position);
        }
        for (keyword, pictogram) in [("ICON", Pictogram::Icon), ("CURSOR", Pictogram::Cursor)] {
            if self.take_word(keyword) {
                return self.pictogram(name, pictogram, &position);
            }
        }
        if self.take_word("BITMAP") {
            return self.bitmap(name, &position);
        }
        let raw = RAW_KINDS.iter().find(|(keyword, _)| *keyword == word);
        let kind = match raw {
            Some((_, number)) => {
                self.at += 1;
                ResourceId::Number(*number)
            }
            // GNU's compiler knows this keyword too.
            None if self.take_word("MANIFEST") => ResourceId::Number(kind::MANIFEST),
            None => self.id("a resource's type")?,
        };
        match kind {
            ResourceId::Number(kind::GROUP_ICON) => {
                self.pictogram(name, Pictogram::Icon, &position)
            }
            ResourceId::Number(kind::GROUP_CURSOR) => {
                self.pictogram(name, Pictogram::Cursor, &position)
            }
            kind => self.raw(kind, name, &position),
        }
    }

    /// A name or type: an expression, a word or a text.
    fn id(&mut self, expected: &str) -> Result<ResourceId> {
        let position = self.position();
        let id = match self.peek() {
            Some(Token { kind: TokenKind::Text(text), .. }) => ResourceId::name(&text.to_text()),
            Some(Token { kind: TokenKind::Word(word), .. }) => match constants::value(word) {
                Some(value) => ResourceId::Number(value as u16),
                None => ResourceId::name(word),
            },
            Some(Token {
                kind: TokenKind::Number(_) | TokenKind::Symbol('(' | '-' | '~'), ..
            }) => {
                let value = self.value()?.value;
                let number = u16::try_from(value);
                return number.map(ResourceId::Number).map_err(|_| {
                    position.error(format_args!("the number {value} is not between 0 and 65535"))
                });
            }
            _ => return Err(self.unexpected(expected)),
        };
        self.at += 1;
        Ok(id)
    }

    fn language_value(&mut self) -> Result<u16> {
        let primary = self.number()?;
        if !self.take_symbol(',') {
            return Err(self.unexpected("`,` and a sublanguage"));
        }
        let sub = self.number()?;
        Ok((sub << 10 | primary) as u16)
    }

    /// Memory flags and the statements that may be in front of a content. Returns the language.
    fn options(&mut self) -> Result<u16> {
        let mut language = self.language;
        loop {
            if MEMORY_FLAGS.iter().any(|flag| self.take_word(flag)) {
                continue;
            }
            if self.take_word("LANGUAGE") {
                language = self.language_value()?;
            } else if self.take_word("CHARACTERISTICS") || self.take_word("VERSION") {
                self.number()?;
            } else {
                return Ok(language);
            }
        }
    }

    fn add(&mut self, key: ResourceKey, data: Vec<u8>, position: &RcPosition) -> Result<()> {
        self.size += data.len();
        if self.size > MAX_SIZE {
            return Err(position.error("the resources are larger than 256 MiB"));
        }
        let ResourceKey { kind, name, language } = &key;
        let text = format!(
            "the resource with the type {kind}, the name {name} and the language {language} exists already"
        );
        if self.resources.add(key, data) { Ok(()) } else { Err(position.error(text)) }
    }

    /// The contents of the file that comes next.
    fn file(&mut self) -> Result<Vec<u8>> {
        let position = self.position();
        let mut names = Vec::new();
        match self.peek() {
            Some(Token { kind: TokenKind::Text(text), .. }) => {
                self.at += 1;
                // Paths are written with and without escapes.
                names.extend([text.to_text(), text.raw.clone()]);
            }
            Some(first) => {
                let mut name = first.raw.clone();
                self.at += 1;
                while let Some(token) = self.peek()
                    && !token.is_spaced
                    && token.position == first.position
                {
                    name.push_str(&token.raw);
                    self.at += 1;
                }
                names.push(name);
            }
            None => return Err(self.unexpected("a file")),
        }
        for name in &names {
            if let Some((_, contents)) = self.files.find(name, &position.file)? {
                return Ok(contents);
            }
        }
        let name = &names[0];
        Err(position
            .error(format_args!("the file `{name}` does not exist"))
            .help("correct its path, which is relative to this file or to the package"))
    }

    fn pictogram(
        &mut self,
        name: ResourceId,
        pictogram: Pictogram,
        position: &RcPosition,
    ) -> Result<()> {
        let language = self.options()?;
        let file = self.file()?;
        self.size += file.len();
        if self.size > MAX_SIZE {
            return Err(position.error("the resources are larger than 256 MiB"));
        }
        icon::add(&mut self.resources, name, language, pictogram, &file).map_err(|reason| {
            position.error(format_args!("the icon or cursor is invalid: {reason}"))
        })
    }

    /// A program contains a bitmap without the file's header.
    fn bitmap(&mut self, name: ResourceId, position: &RcPosition) -> Result<()> {
        const HEADER: usize = 14;
        let language = self.options()?;
        let file = self.file()?;
        let data = file.strip_prefix(b"BM").and_then(|rest| rest.get(HEADER - 2..));
        let data = data.ok_or_else(|| position.error("the file is not a bitmap (.bmp)"))?;
        let key = ResourceKey { kind: kind::BITMAP.into(), name, language };
        self.add(key, data.to_vec(), position)
    }

    /// A file, or values between `BEGIN` and `END`.
    fn raw(&mut self, kind: ResourceId, name: ResourceId, position: &RcPosition) -> Result<()> {
        let language = self.options()?;
        let data = if self.next_is_begin() { self.values()? } else { self.file()? };
        self.add(ResourceKey { kind, name, language }, data, position)
    }

    fn values(&mut self) -> Result<Vec<u8>> {
        self.begin()?;
        let mut data = Vec::new();
        while !self.take_end() {
            if self.take_symbol(',') {
                continue;
            }
            match self.peek() {
                Some(Token { kind: TokenKind::Text(text), .. }) => {
                    self.at += 1;
                    data.extend(text.data());
                }
                Some(_) => match self.value()? {
                    ExpressionValue { value, is_long: true } => {
                        data.extend((value as u32).to_le_bytes())
                    }
                    ExpressionValue { value, is_long: false } => {
                        data.extend((value as u16).to_le_bytes())
                    }
                },
                None => return Err(self.unexpected("`END` or `}`")),
            }
        }
        Ok(data)
    }

    fn string_table(&mut self) -> Result<()> {
        self.at += 1;
        let language = self.options()?;
        self.begin()?;
        while !self.take_end() {
            let position = self.position();
            let value = self.value()?.value;
            let number = u16::try_from(value).map_err(|_| {
                position.error(format_args!("the number {value} is not between 0 and 65535"))
            })?;
            self.take_symbol(',');
            let text = self.texts("a text in quotes")?;
            if text.len() > usize::from(u16::MAX) {
                return Err(position.error("the text has more than 65535 characters"));
            }
            self.texts.push(NumberedText { number, language, text, position });
        }
        Ok(())
    }

    /// Texts that follow each other without a comma are one text.
    fn texts(&mut self, expected: &str) -> Result<Vec<u16>> {
        let mut text = self.text(expected)?.utf16();
        while let Some(Token { kind: TokenKind::Text(more), .. }) = self.peek() {
            text.extend(more.utf16());
            self.at += 1;
        }
        Ok(text)
    }

    fn version(&mut self, name: ResourceId, position: &RcPosition) -> Result<()> {
        let language = self.options()?;
        let mut fixed = FixedFileInfo::default();
        while !self.next_is_begin() {
            let word = self.peek().and_then(Token::word).map(str::to_ascii_uppercase);
            let expected = "`FILEVERSION`, another statement of a version, or `BEGIN`";
            let Some(word) = word else { return Err(self.unexpected(expected)) };
            self.at += 1;
            match &*word {
                "FILEVERSION" => fixed.file_version = self.version_numbers()?,
                "PRODUCTVERSION" => fixed.product_version = self.version_numbers()?,
                "FILEFLAGSMASK" => fixed.flags_mask = self.number()?,
                "FILEFLAGS" => fixed.flags = self.number()?,
                "FILEOS" => fixed.os = self.number()?,
                "FILETYPE" => fixed.kind = self.number()?,
                "FILESUBTYPE" => fixed.subtype = self.number()?,
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected(expected));
                }
            }
        }
        let blocks = self.blocks(0)?;
        let data = version::encode(&fixed, &blocks)
            .ok_or_else(|| position.error("the version is larger than 65535 bytes"))?;
        self.add(ResourceKey { kind: kind::VERSION.into(), name, language }, data, position)
    }

    fn version_numbers(&mut self) -> Result<[u16; 4]> {
        let mut version = [0; 4];
        for (index, part) in version.iter_mut().enumerate() {
            if index > 0 && !self.take_symbol(',') {
                break;
            }
            let position = self.position();
            let value = self.value()?.value;
            *part = u16::try_from(value).map_err(|_| {
                position.error(format_args!("the number {value} is not between 0 and 65535"))
            })?;
        }
        Ok(version)
    }

    /// `BLOCK` and `VALUE` statements between `BEGIN` and `END`.
    fn blocks(&mut self, depth: u32) -> Result<Vec<VersionBlock>> {
        if depth > MAX_DEPTH {
            return Err(self.position().error("the blocks are nested too deeply"));
        }
        self.begin()?;
        let mut blocks = Vec::new();
        while !self.take_end() {
            if self.take_word("BLOCK") {
                let key = self.text("the block's name in quotes")?.utf16();
                let content = BlockContent::Blocks(self.blocks(depth + 1)?);
                blocks.push(VersionBlock { key, content });
            } else if self.take_word("VALUE") {
                let key = self.text("the value's name in quotes")?.utf16();
                blocks.push(VersionBlock { key, content: self.block_value()? });
            } else {
                return Err(self.unexpected("`BLOCK`, `VALUE`, `END` or `}`"));
            }
        }
        Ok(blocks)
    }

    /// Texts, or numbers.
    fn block_value(&mut self) -> Result<BlockContent> {
        if !self.take_symbol(',') {
            // An empty value.
            return Ok(BlockContent::Text(Vec::new()));
        }
        if matches!(self.peek(), Some(Token { kind: TokenKind::Text(_), .. })) {
            let mut text = self.texts("a text in quotes")?;
            while self.take_symbol(',') {
                text.push(0);
                text.extend(self.texts("a text in quotes")?);
            }
            // Many files write the NUL.
            if text.last() == Some(&0) {
                text.pop();
            }
            return Ok(BlockContent::Text(text));
        }
        let mut data = Vec::new();
        loop {
            match self.value()? {
                ExpressionValue { value, is_long: true } => {
                    data.extend((value as u32).to_le_bytes())
                }
                ExpressionValue { value, is_long: false } => {
                    data.extend((value as u16).to_le_bytes())
                }
            }
            if !self.take_symbol(',') {
                return Ok(BlockContent::Binary(data));
            }
        }
    }

    /// Adds the texts, 16 in a resource.
    fn finish(mut self) -> Result<Resources> {
        const TEXTS: u16 = 16;
        let mut texts = std::mem::take(&mut self.texts);
        texts.sort_by_key(|text| (text.language, text.number));
        let is_same = |pair: &&[NumberedText]| {
            (pair[0].language, pair[0].number) == (pair[1].language, pair[1].number)
        };
        if let Some(text) = texts.windows(2).find(is_same).map(|pair| &pair[1]) {
            let number = text.number;
            return Err(text.position.error(format_args!("the text {number} exists already")));
        }
        let bundle = |text: &NumberedText| (text.language, text.number / TEXTS);
        for texts in texts.chunk_by(|a, b| bundle(a) == bundle(b)) {
            let (language, index) = bundle(&texts[0]);
            let mut data = Vec::new();
            for slot in 0..TEXTS {
                let found = texts.iter().find(|text| text.number % TEXTS == slot);
                let text = found.map_or(&[][..], |text| &text.text);
                data.extend((text.len() as u16).to_le_bytes());
                data.extend(text.iter().flat_map(|unit| unit.to_le_bytes()));
            }
            let key = ResourceKey::new(kind::STRING, index + 1, language);
            self.add(key, data, &texts[0].position.clone())?;
        }
        Ok(self.resources)
    }
}
