//! gzip on every processor, with bytes that depend on nothing but the input.
//!
//! The input is cut into blocks of one fixed size. Threads deflate them independently of each other,
//! and they are written in their order, so that neither the number of threads nor their luck shows
//! in the result: one ordinary gzip member. Only a few blocks are in memory at any time.

use std::io::{self, Write};
use std::num::NonZero;
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Digests depend on the level (and on flate2's backend, zlib-rs): a new one is a new image.
/// Measured on 298 MB of programs and web pages: 1 takes two thirds of the time, and makes a third
/// more bytes.
const LEVEL: Compression = Compression::new(6);
/// Small enough to keep all threads busy with small layers and memory low. That blocks know nothing
/// of each other costs half a percent of the size.
const BLOCK: usize = 512 * 1024;
/// More would only wait for the thread that feeds them.
const MAX_THREADS: usize = 8;

/// The fixed header: deflate; no name, no time, no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Which end of [`compress`] failed.
#[derive(Debug)]
pub(super) enum GzipError<E> {
    /// The compressed bytes could not be written.
    Target(io::Error),
    /// The input could not be produced.
    Input(E),
}

/// Runs `produce`, and writes what it writes to `target`, compressed.
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
        // Moved in, so that all ends of the channels close when this closure ends, however it does.
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
        // Where the target fails, producing fails too: its reason is the one that counts.
        let written = writer.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
        let mut target = written.map_err(GzipError::Target)?;
        let produced = produced.map_err(GzipError::Input)?;
        trailer.and_then(|trailer| target.write_all(&trailer)).map_err(GzipError::Target)?;
        Ok((target, produced))
    })
}

/// Takes the input, and hands it on block by block.
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

    /// Sends the last block; what remains to be written is returned.
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
        // Nobody waits for it when the target has failed.
        let _ = reply.send(deflate(&mut state, &block, flush));
    }
}

/// Deflates one block to whole bytes, so that the next one can follow.
fn deflate(state: &mut Compress, block: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    state.reset();
    let mut output = Vec::with_capacity(block.len() / 2 + 1024);
    loop {
        // A block's length fits.
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
        // None comes when a thread of ours has panicked, and that is reported where it is joined.
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
    fn one_member_holds_the_input_whatever_its_length() {
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
    fn the_bytes_do_not_depend_on_how_the_input_arrives() {
        let input = noise(2 * BLOCK + 100);
        let in_pieces = compress(Vec::new(), |blocks| {
            input.chunks(777).try_for_each(|piece| blocks.write_all(piece))
        });
        assert!(in_pieces.unwrap().0 == compressed(&input));
    }

    #[test]
    fn a_full_disk_is_told_from_an_input_that_fails() {
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
            _ => panic!("the target's error counts"),
        }
        let failed = compress(Vec::new(), |_| Err::<(), _>("no input"));
        assert!(matches!(failed, Err(GzipError::Input("no input"))));
    }
}
