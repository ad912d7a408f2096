//! The transfer: how far, how fast, how long still (the seed's figure 7).

use egui::{Align, Layout, Rect, Ui, vec2};
use egui_material_icons::icons;

use super::parts;
use crate::core::{ActiveDownload, Command, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::state::Cx;
use crate::ui::texts::{self, Texts};
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &OptionSummary, download: &ActiveDownload) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_downloading_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Download);
    let (body, bar) = chrome::action_bar(ui, below.body);
    parts::middle_card(ui, body, |ui| {
        parts::option_heading(ui, cx, option);
        ui.add_space(8.0);
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            widgets::say(ui, theme::DISPLAY, theme::ACCENT, format!("{} %", percent(download)));
        });
        widgets::progress(ui, &texts.msg_downloading_bar(), fraction(download));
        ui.add_space(2.0);
        let (done, total) = (texts::bytes(download.done_bytes), texts::bytes(download.total_bytes));
        let line = vec2(ui.available_width(), theme::BODY.line_height());
        ui.allocate_ui_with_layout(line, Layout::right_to_left(Align::Center), |ui| {
            widgets::say_line(ui, theme::BODY, theme::INK, pace(texts, download));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                widgets::say_line(ui, theme::BODY, theme::INK, texts.msg_downloading_amount(done, total));
            });
        });
        ui.add_space(4.0);
        if download.reconnecting {
            widgets::notice(ui, theme::WARN, icons::ICON_SYNC, &texts.msg_downloading_reconnecting());
        } else {
            widgets::say(ui, theme::SMALL, theme::INK_SOFT, texts.msg_downloading_note());
        }
    });
    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
}

/// Whole percent, 100 only when everything is there.
fn percent(download: &ActiveDownload) -> u64 {
    let (done, total) = (u128::from(download.done_bytes), u128::from(download.total_bytes.max(1)));
    u64::try_from((done * 100 / total).min(100)).unwrap_or(100)
}

/// Done of all, 0 to 1.
#[allow(clippy::cast_possible_truncation)] // a bar is a thousand pixels wide; f32 has seven digits
fn fraction(download: &ActiveDownload) -> f32 {
    (download.done_bytes as f64 / download.total_bytes.max(1) as f64).clamp(0.0, 1.0) as f32
}

/// Speed and time left, as far as they are known.
fn pace(texts: &Texts, download: &ActiveDownload) -> String {
    if download.reconnecting {
        return String::new();
    }
    let Some(speed) = download.bytes_per_second.filter(|speed| *speed > 0) else {
        return texts.msg_downloading_estimating();
    };
    let seconds = download.total_bytes.saturating_sub(download.done_bytes).div_ceil(speed);
    let left = match seconds {
        0..=90 => texts.msg_downloading_seconds(seconds),
        91..=5_400 => texts.msg_downloading_minutes(seconds.div_ceil(60)),
        _ => texts.msg_downloading_hours(seconds.div_ceil(3_600)),
    };
    format!("{} · {left}", texts.msg_downloading_speed(texts::bytes(speed)))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::core::Language;

    fn download(done_bytes: u64, total_bytes: u64, speed: Option<u64>) -> ActiveDownload {
        ActiveDownload { done_bytes, total_bytes, bytes_per_second: speed, reconnecting: false }
    }

    #[test]
    fn a_hundred_percent_means_everything() {
        assert_eq!(percent(&download(0, 3, None)), 0);
        assert_eq!(percent(&download(999, 1_000, None)), 99);
        assert_eq!(percent(&download(u64::MAX, u64::MAX, None)), 100);
    }

    #[test]
    fn the_time_left_is_told_only_when_the_speed_is_known() {
        let texts = Texts::new(Language::En, TimeZone::UTC);
        assert_eq!(pace(&texts, &download(0, 1_000, None)), "Measuring the speed...");
        assert_eq!(pace(&texts, &download(0, 1_000, Some(0))), "Measuring the speed...");
        assert_eq!(pace(&texts, &download(0, 1_000, Some(100))), "100 B per second · About 10 s left");
        assert_eq!(pace(&texts, &download(0, 12_000, Some(100))), "100 B per second · About 2 min left");
        assert_eq!(pace(&texts, &download(0, 1_000_000, Some(100))), "100 B per second · About 3 h left");
    }
}
