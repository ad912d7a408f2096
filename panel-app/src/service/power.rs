//! What keeps the panel's thread going. A machine has mains; whoever wants to know what a power cut leaves behind brings a
//! supply that fails at a chosen moment.

use std::fmt;

/// Asked at each moment of the panel's thread: before it takes an input and before it carries out an effect. As soon as
/// the answer is no, nothing more is done: nothing is written, asked, delivered or said goodbye to, and the data folder is
/// left as it is.
pub struct Power(Box<dyn FnMut() -> bool + Send>);

impl Power {
    /// It never fails.
    pub fn mains() -> Self {
        Self::that(|| true)
    }

    /// It fails as soon as `lasts` says no.
    pub fn that(lasts: impl FnMut() -> bool + Send + 'static) -> Self {
        Self(Box::new(lasts))
    }

    /// Whether there is power for one moment more.
    pub fn lasts(&mut self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Power")
    }
}
