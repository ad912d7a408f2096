//! An invoice as a file: CSV for spreadsheets, or plain text.

use protocol::message::staff::InvoiceDocument;

use super::words::Words;

/// The invoice as its file's name says: `.csv`, or text for everything else.
pub(crate) fn invoice(document: &InvoiceDocument, words: &Words, file_name: &str) -> Vec<u8> {
    if file_name.to_ascii_lowercase().ends_with(".csv") {
        invoice_csv(document, words).into_bytes()
    } else {
        invoice_text(document, words).into_bytes()
    }
}

fn invoice_csv(document: &InvoiceDocument, words: &Words) -> String {
    // Spreadsheets take a file without this mark for the system's old encoding.
    let mut csv = "\u{feff}".to_owned();
    let heads = [
        words.msg_invoice_number(),
        words.msg_customer_number(),
        words.msg_customer_name(),
        words.msg_charge_number(),
        words.msg_charge_time(),
        words.msg_order_device(),
        words.msg_option_id(),
        words.msg_order_option(),
        words.msg_charge_form(),
        words.msg_charge_amount(),
    ];
    push_row(&mut csv, &heads);
    for line in &document.lines {
        push_row(
            &mut csv,
            &[
                document.head.number.to_string(),
                line.customer.id.to_string(),
                line.customer.name.to_string(),
                line.number.to_string(),
                words.time(line.charged_at),
                line.device.to_string(),
                line.option.to_string(),
                words.pick(&line.option_name).to_string(),
                words.charge_form(line),
                line.amount.amount().to_string(),
            ],
        );
    }
    for line in &document.credits {
        let head = &document.head;
        let mut cells = vec![head.number.to_string(), head.customer.id.to_string(), head.customer.name.to_string()];
        cells.extend([line.charge.to_string(), String::new(), String::new(), String::new(), line.reason.to_string()]);
        cells.push(words.msg_invoice_credited());
        push_row(&mut csv, &cells);
        // An amount below nothing is a number, not a formula.
        csv.truncate(csv.len() - 2);
        csv.push_str(&format!(",\"-{}\"\r\n", line.amount.amount()));
    }
    csv
}

fn push_row(csv: &mut String, cells: &[String]) {
    let quoted: Vec<_> = cells.iter().map(|cell| quote(cell)).collect();
    csv.push_str(&quoted.join(","));
    csv.push_str("\r\n");
}

/// RFC 4180; and a name that a spreadsheet would run as a formula stays a text.
fn quote(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

fn invoice_text(document: &InvoiceDocument, words: &Words) -> String {
    let head = &document.head;
    let mut text = format!(
        "{} {}\n{}: {} {}\n{}: {} - {}\n{}: {}\n\n",
        words.msg_invoice(),
        head.number,
        words.msg_invoice_customer(),
        head.customer.id,
        head.customer.name,
        words.msg_invoice_period(),
        words.time(head.from),
        words.time(head.until),
        words.msg_invoice_issued(),
        words.time(head.issued_at),
    );
    for line in &document.lines {
        text.push_str(&format!(
            "{}  {}  {}  {}  {}\n",
            words.time(line.charged_at),
            line.device,
            words.pick(&line.option_name),
            words.charge_form(line),
            line.amount,
        ));
    }
    for line in &document.credits {
        text.push_str(&format!("{}  {}  -{}\n", words.msg_credit_of_charge(line.charge), line.reason, line.amount));
    }
    text.push_str(&format!("\n{}: {}\n", words.msg_invoice_total(), head.total));
    if head.carried > protocol::Yen::ZERO {
        text.push_str(&format!("{}: {}\n", words.msg_invoice_carried(), head.carried));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_can_neither_break_out_of_its_quotes_nor_become_a_formula() {
        assert_eq!(quote("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quote("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
