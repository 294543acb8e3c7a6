//! Parallel gzip whose output depends on the input alone.
//!
//! The input is split into blocks of a fixed size. Threads compress them independently, and they are
//! written in order, so that the number of threads and their timing don't change the result: one
//! ordinary gzip member. Only a few blocks are in memory at a time.

use std::io::{self, Write};
use std::num::NonZero;
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Another level (or another backend than flate2's zlib-rs) changes the digests of images. Measured on
/// 298 MB of programs and web pages: level 1 takes two thirds of the time, and writes a third more
/// bytes.
const LEVEL: Compression = Compression::new(6);
/// In bytes. Small enough to use all threads for small layers and little memory. Compressing blocks
/// independently makes the output half a percent larger.
const BLOCK: usize = 512 * 1024;
/// More threads would only wait for the thread that produces the input.
const MAX_THREADS: usize = 8;

/// The fixed header: deflate, without name, time and operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Which side of [`compress`] failed.
#[derive(Debug)]
pub(super) enum GzipError<E> {
    /// The output could not be written.
    Target(io::Error),
    /// The input could not be produced.
    Input(E),
}

/// Runs `produce`, and writes its output compressed to `target`.
pub(super) fn compress<W, T, E>(
    target: W,
    produce: impl FnOnce(&mut Blocks) -> Result<T, E>,
) -> Result<(W, T), GzipError<E>>
where
    W: Write + Send,
{
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let (jobs, queue) = mpsc::sync_channel(threads);
    let (order, deflated) = mpsc::sync_channel(2 * threads);
    let queue = Mutex::new(queue);

    thread::scope(|scope| {
        // Moved, so that all ends of the channels are closed when this closure returns.
        let mut blocks = Blocks { block: Vec::new(), crc: Crc::new(), jobs, order };
        for _ in 0..threads {
            scope.spawn(|| deflate_all(&queue));
        }
        let writer = scope.spawn(|| write_member(target, deflated));

        let produced = produce(&mut blocks);
        let trailer = match &produced {
            Ok(_) => blocks.finish(),
            Err(_) => {
                drop(blocks);
                Ok(Vec::new())
            }
        };
        // If the target fails, producing fails too; the error of the target is the cause.
        let written = writer.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
        let mut target = written.map_err(GzipError::Target)?;
        let produced = produced.map_err(GzipError::Input)?;
        trailer.and_then(|trailer| target.write_all(&trailer)).map_err(GzipError::Target)?;
        Ok((target, produced))
    })
}

/// Accepts the input, and passes it on in blocks.
pub(super) struct Blocks {
    block: Vec<u8>,
    crc: Crc,
    jobs: SyncSender<Job>,
    order: SyncSender<Receiver<io::Result<Vec<u8>>>>,
}

impl Blocks {
    fn send(&mut self, flush: FlushCompress) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let block = std::mem::take(&mut self.block);
        let (reply, deflated) = mpsc::sync_channel(1);
        self.order.send(deflated).map_err(|_| gone())?;
        self.jobs.send(Job { block, flush, reply }).map_err(|_| gone())
    }

    /// Sends the last block, and returns the receiver of the remaining output.
    fn finish(mut self) -> io::Result<Vec<u8>> {
        self.send(FlushCompress::Finish)?;
        Ok([self.crc.sum().to_le_bytes(), self.crc.amount().to_le_bytes()].concat())
    }
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.len() == BLOCK {
            self.send(FlushCompress::Sync)?;
        }
        if self.block.capacity() == 0 {
            self.block.reserve_exact(BLOCK);
        }
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        self.crc.update(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Job {
    block: Vec<u8>,
    flush: FlushCompress,
    reply: SyncSender<io::Result<Vec<u8>>>,
}

fn deflate_all(queue: &Mutex<Receiver<Job>>) {
    const RAW: bool = false;
    let mut state = Compress::new(LEVEL, RAW);
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { block, flush, reply }) = job else { return };
        // If the target has failed, no thread receives it.
        let _ = reply.send(deflate(&mut state, &block, flush));
    }
}

/// Compresses one block to whole bytes, so that the next one can follow.
fn deflate(state: &mut Compress, block: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    state.reset();
    let mut output = Vec::with_capacity(block.len() / 2 + 1024);
    loop {
        // The length of a block fits.
        let rest = &block[state.total_in() as usize..];
        let status = state.compress_vec(rest, &mut output, flush).map_err(io::Error::other)?;
        let is_flushed = output.len() < output.capacity();
        if status == Status::StreamEnd || (flush != FlushCompress::Finish && is_flushed) {
            return Ok(output);
        }
        output.reserve(block.len() / 2 + 1024);
    }
}

fn write_member<W: Write>(
    mut target: W,
    deflated: Receiver<Receiver<io::Result<Vec<u8>>>>,
) -> io::Result<W> {
    target.write_all(&HEADER)?;
    for block in deflated {
        // Missing if a thread has panicked, which is reported when it is joined.
        let Ok(block) = block.recv() else { break };
        target.write_all(&block?)?;
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn compressed(input: &[u8]) -> Vec<u8> {
        compress(Vec::new(), |blocks| blocks.write_all(input)).unwrap().0
    }

    /// Bytes that hardly compress.
    fn noise(length: usize) -> Vec<u8> {
        let next = |state: &mut u64| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Some((*state >> 33) as u8)
        };
        let mut state = 1;
        std::iter::from_fn(|| next(&mut state)).take(length).collect()
    }

    #[test]
    fn the_output_is_one_member_for_any_length_of_input() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
            for input in [vec![b'x'; length], noise(length)] {
                let mut found = Vec::new();
                let compressed = compressed(&input);
                let mut decoder = GzDecoder::new(&compressed[..]);
                decoder.read_to_end(&mut found).unwrap();
                assert!(found == input, "{length} bytes");
                assert!(decoder.into_inner().is_empty(), "{length} bytes: more than one member");
            }
        }
    }

    #[test]
    fn the_output_does_not_depend_on_how_the_input_is_split() {
        let input = noise(2 * BLOCK + 100);
        let in_pieces = compress(Vec::new(), |blocks| {
            input.chunks(777).try_for_each(|piece| blocks.write_all(piece))
        });
        assert!(in_pieces.unwrap().0 == compressed(&input));
    }

    #[test]
    fn a_full_disk_is_distinguished_from_an_input_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let input = noise(40 * BLOCK);
        match compress(Full, |blocks| blocks.write_all(&input)) {
            Err(GzipError::Target(error)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
            _ => panic!("expected the error of the target"),
        }
        let failed = compress(Vec::new(), |_| Err::<(), _>("no input"));
        assert!(matches!(failed, Err(GzipError::Input("no input"))));
    }
}
