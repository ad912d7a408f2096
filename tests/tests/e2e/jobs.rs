//! Jobs by the hundred, several at a time, and a power supply that cannot be relied on.

use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::{Device, Next, OptionSpec, Vendor};
use panel_app::core::{Command, JobKind, JobOrder, JobRowState, JobSource, JobTask, View};
use panel_app::service::Power;
use protocol::OptionId;
use protocol::package::OptionKind;

use crate::shop;

const USES: usize = 1_000;
const AT_ONCE: usize = 4;

/// Where this series of numbers goes next.
fn random(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 40).unwrap()
}

/// A supply that fails after so many moments.
fn battery(moments: usize) -> Power {
    let left = AtomicUsize::new(moments);
    Power::that(move || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok())
}

/// Keeps so many jobs in the works until the option is used up.
fn uses_up(view: &View, order: &JobOrder) -> Next {
    let live =
        view.jobs.iter().filter(|job| matches!(job.state, JobRowState::Running(_) | JobRowState::Waiting)).count();
    match view.installed.is_empty() {
        true if live == 0 => Next::Over,
        true => Next::Wait,
        false if live < AT_ONCE => Next::Do(Command::Run(order.clone())),
        false => Next::Wait,
    }
}

#[test]
fn a_thousand_uses_four_at_a_time_are_a_thousand_results_whenever_the_power_fails() {
    let vendor = Vendor::start();
    let form = format!("uses:{USES}");
    let offers = [(form.as_str(), 9_000)];
    let spec = OptionSpec { id: "counted", kind: OptionKind::Program, offers: &offers, content: shop::PROGRAM };
    vendor.publish(&spec);
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    device.buy("counted", &form);
    std::fs::write(device.path("glass").join(shop::DOCUMENT), shop::PAGE).unwrap();
    let option: OptionId = "counted".parse().unwrap();
    let task = JobTask::plain(JobKind::Print).with(option);
    let order = JobOrder { task, source: JobSource::Glass(vec![shop::DOCUMENT.to_owned()]) };

    let (mut seed, mut cuts) = (20_261_125, 0);
    loop {
        let left: usize = device.on_disk().licences.iter().filter_map(|l| l.uses_left).map(|n| n as usize).sum();
        let in_the_store = device.on_disk().job_results;
        let tray: Vec<_> = std::fs::read_dir(device.path("tray")).unwrap().map(|f| f.unwrap().file_name()).collect();
        let tray: Vec<String> = tray.into_iter().map(|name| name.into_string().unwrap()).collect();
        let finished = tray.iter().filter(|name| !name.starts_with('.')).count();
        // What is durable and has not come to its place yet.
        let on_the_way = in_the_store.iter().flat_map(|result| &result.files);
        let on_the_way = on_the_way.filter(|file| !tray.contains(&file.place.shown())).count();
        assert_eq!(finished + on_the_way + left, USES, "after {cuts} power cuts");
        device.switch_on_with(battery(20 + random(&mut seed) % 400));
        if device.work(|view| uses_up(view, &order)) {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 10, "{cuts} power cuts");
    device.switch_on();
    device.wait(|core| core.view().jobs.iter().all(|job| !matches!(job.state, JobRowState::Running(_))));
    device.switch_off();
    assert_eq!(std::fs::read_dir(device.path("tray")).unwrap().count(), USES);
}
