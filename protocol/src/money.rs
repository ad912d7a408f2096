//! Money: whole yen, never negative, never a bare integer in an interface.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in whole yen, at most [`Yen::MAX`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Yen(u64);

/// An amount above [`Yen::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is at most {}", Yen::MAX)]
pub struct YenError;

impl Yen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// ￥999,999,999,999: far above any invoice, far below what a signed 64-bit column holds.
    pub const MAX: Self = Self(999_999_999_999);

    /// An amount of whole yen.
    pub const fn new(amount: u64) -> Result<Self, YenError> {
        if amount > Self::MAX.0 { Err(YenError) } else { Ok(Self(amount)) }
    }

    /// Whole yen.
    pub const fn amount(self) -> u64 {
        self.0
    }

    /// That many times the amount, or an error above [`Yen::MAX`].
    pub const fn times(self, count: u32) -> Result<Self, YenError> {
        // At most 10^12 times 2^32: below 2^72, so the product can be too large for 64 bits.
        match self.0.checked_mul(count as u64) {
            Some(amount) => Self::new(amount),
            None => Err(YenError),
        }
    }

    /// A part of the amount, rounded down to whole yen. `parts` is not 0.
    pub(crate) const fn divided_by(self, parts: u64) -> Self {
        Self(self.0 / parts)
    }

    /// The sum, or an error above [`Yen::MAX`].
    pub const fn checked_add(self, other: Self) -> Result<Self, YenError> {
        Self::new(self.0 + other.0)
    }

    /// The sum of all, or an error above [`Yen::MAX`].
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, YenError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl TryFrom<u64> for Yen {
    type Error = YenError;
    fn try_from(amount: u64) -> Result<Self, YenError> {
        Self::new(amount)
    }
}

impl From<Yen> for u64 {
    fn from(yen: Yen) -> Self {
        yen.0
    }
}

impl fmt::Display for Yen {
    /// `￥20,000`, the same in every language of the product.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut grouped = String::with_capacity(digits.len() + 5);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        write!(f, "￥{grouped}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_groups_of_three() {
        for (amount, shown) in [(0, "￥0"), (999, "￥999"), (20_000, "￥20,000"), (1_234_567, "￥1,234,567")] {
            assert_eq!(Yen(amount).to_string(), shown);
        }
    }

    #[test]
    fn a_sum_above_the_limit_is_an_error_not_a_wrap() {
        assert_eq!(Yen::MAX.checked_add(Yen(1)), Err(YenError));
        assert_eq!(Yen::checked_sum([Yen(1), Yen(2)]), Ok(Yen(3)));
    }
}
