//! Builds universal Mach-O files.

use object::macho;

/// The programs for Intel and for Apple silicon in one file, as `lipo -create` joins them.
pub fn join(amd64: &[u8], arm64: &[u8]) -> Vec<u8> {
    /// The page sizes as exponents of 2.
    const ALIGNMENTS: [u32; 2] = [12, 14];
    let (mut head, mut body) = (Vec::new(), Vec::new());
    let slices = [amd64, arm64];
    let head_size = 8 + 20 * slices.len();
    head.extend([macho::FAT_MAGIC, slices.len() as u32].map(u32::to_be_bytes).concat());
    for (slice, alignment) in slices.into_iter().zip(ALIGNMENTS) {
        // The CPU and its subtype follow the magic number, in little endian.
        for word in [&slice[4..8], &slice[8..12]] {
            head.extend(word.iter().rev());
        }
        let offset = (head_size + body.len()).next_multiple_of(1 << alignment);
        head.extend([offset as u32, slice.len() as u32, alignment].map(u32::to_be_bytes).concat());
        body.resize(offset - head_size, 0);
        body.extend(slice);
    }
    [head, body].concat()
}
