//! Mutations by chance, the same for the same seed: what a fuzzer does without a guide.

/// A source of mutated inputs.
pub struct Mutator {
    state: u64,
}

/// Numbers at which decoders go wrong.
const NUMBERS: [u64; 12] =
    [0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 32, i64::MAX as u64, u64::MAX];

impl Mutator {
    /// Longest input that is made.
    pub const INPUT_BYTES_MAX: usize = 64 * 1024;

    /// The source with this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.next() >> 32) % end as u64).unwrap_or_default()
    }

    /// `input` with one to four changes; now and then spliced with `other`.
    pub fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, other);
        }
        bytes.truncate(Self::INPUT_BYTES_MAX);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len() + 1);
        let until = (at + self.below(32) + 1).min(bytes.len());
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.next().to_le_bytes()[0],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at.min(until)..until)),
            4 => {
                let copy = bytes[at.min(until)..until].to_vec();
                bytes.splice(at..at, copy);
            }
            5 => {
                let number = NUMBERS[self.below(NUMBERS.len())].to_le_bytes();
                let width = [1, 2, 4, 8][self.below(4)];
                let end = (at + width).min(bytes.len());
                bytes.splice(at..end, number[..width].iter().copied());
            }
            6 => {
                let cut = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[cut..]);
            }
            7 => {
                let fill = vec![self.next().to_le_bytes()[0]; self.below(64)];
                bytes.splice(at..at, fill);
            }
            _ => bytes.extend_from_slice(&self.next().to_le_bytes()),
        }
    }
}
