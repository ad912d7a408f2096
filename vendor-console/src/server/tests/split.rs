//! Customer service and distribution service as two servers.

use protocol::message::Service;
use protocol::message::content::{ContentReply, ContentRequest};
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::net::{Client, LinkError, client_config};
use protocol::package::MissingChunks;
use protocol::{OrderState, RefusalCode};

use super::play::{Vendor, fetch, order_id, start};
use crate::server::{Role, Server, issue_distribution};

async fn distribution(vendor: &Vendor) -> Server {
    let identity = vendor.folder.path().join("identity");
    if !identity.exists() {
        issue_distribution(&vendor.data(), &identity, &vendor.clock).unwrap();
    }
    let customers = vendor.server().local_addr().to_string();
    let packages = vendor.data().join("packages");
    start(Role::Distribution { identity, customers, packages }, &vendor.clock).await
}

#[tokio::test]
async fn a_purchase_goes_through_two_services_and_is_delivered_only_when_the_report_has_arrived() {
    let (mut vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let content_server: protocol::Text<120> = "content.example:7443".parse().unwrap();
    vendor.restart_as(|data| Role::Customers { data, content_server: content_server.clone() }).await;
    let distribution = distribution(&vendor).await;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    assert_eq!(authorised.content_server, Some(content_server));

    let config = client_config(&device.credentials, Service::Content).unwrap();
    let here = Client::connect(distribution.local_addr(), config.clone()).await.unwrap();
    let missing = MissingChunks::collect(1, |_| false);
    let package = device.manifest(&authorised).digest();
    let mut transfer = fetch(here.clone(), &authorised.ticket, missing).await.unwrap();
    transfer.read_all().await;
    let addr = vendor.server().local_addr();
    vendor.close().await;
    assert_eq!(transfer.end(package).await, Err(RefusalCode::ServiceUnavailable));

    vendor.reopen_at(addr, |data| Role::Customers { data, content_server: "x:1".parse().unwrap() }).await;
    let status = DeviceRequest::Status { order: authorised.order };
    assert_eq!(device.ask(&vendor, status).await, Ok(DeviceReply::Status(OrderState::Authorised)));
    let again = fetch(here, &authorised.ticket, MissingChunks::default()).await.unwrap();
    again.end(package).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    distribution.shutdown().await;
}

#[tokio::test]
async fn each_service_refuses_what_is_the_others() {
    let (mut vendor, world) = Vendor::with_world().await;
    vendor.restart_as(|data| Role::Customers { data, content_server: "x:1".parse().unwrap() }).await;
    let distribution = distribution(&vendor).await;
    let authorised = world.device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    let config = client_config(&world.device.credentials, Service::Content).unwrap();
    let client = Client::connect(vendor.server().local_addr(), config).await.unwrap();
    let request = ContentRequest::Fetch { ticket: authorised.ticket, missing: Default::default() };
    let refused = client.request::<_, ContentReply>(&request).await;
    assert!(matches!(refused, Err(LinkError::NotPermitted)), "{refused:?}");
    let config = client_config(&vendor.admin(), Service::Staff).unwrap();
    let staff = Client::connect(distribution.local_addr(), config).await;
    assert!(matches!(staff, Err(LinkError::Distrust(_))), "no such service there: {staff:?}");
}
