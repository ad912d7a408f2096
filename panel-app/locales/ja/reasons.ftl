# うまくいかなかった理由（本文）と対処方法（.advice）。すべてのコードに一つずつ。

## 販売元による拒否

refusal-bad-message = 販売元サーバーがこの機器からの要求を解釈できませんでした。
    .advice = 機器のソフトウェアが古い可能性があります。販売元にお問い合わせください。
refusal-not-permitted = この機器には、この操作が許可されていません。
    .advice = 販売元にお問い合わせください。
refusal-unknown-device = この機器は販売元に登録されていません。
    .advice = 販売元に機番の登録を依頼してください。
refusal-device-revoked = この機器では、現在オプションを購入できません。
    .advice = 利用停止の理由を販売元にお問い合わせください。
refusal-activation-refused = 機番または登録コードが受け付けられませんでした。
    .advice = 入力内容をご確認ください。解決しない場合は、販売元に新しい登録コードを依頼してください。
refusal-contract-required = この機器にはお客様情報が登録されていません。
    .advice = もう一度購入手続きを行い、契約ユーザー ID を入力してください。
refusal-contract-refused = 契約ユーザー ID または PIN が正しくありません。
    .advice = 契約書の番号と見比べて、もう一度入力してください。
refusal-customer-suspended = お客様の購入は現在停止されています。
    .advice = 販売元のお客様窓口にお問い合わせください。
refusal-unknown-option = このオプションは取り扱われていません。
    .advice = ストアからオプションをお選びください。
refusal-option-not-for-sale = このオプションは現在購入できません。
    .advice = 別のオプションを選ぶか、販売元にお問い合わせください。
refusal-unknown-order = 販売元にこの機器の該当する注文がありません。
    .advice = もう一度購入手続きを行ってください。
refusal-order-mismatch = 注文の内容が販売元の記録と一致しません。
    .advice = もう一度購入手続きを行ってください。
refusal-order-closed = この注文は終了しています。料金は発生していません。
    .advice = もう一度購入手続きを行ってください。
refusal-already-licensed = この購入はすでに完了しています。
    .advice = 「マイオプション」をご確認ください。
refusal-not-delivered = 配信の完了がまだ確認されていません。
    .advice = しばらくしてから再開してください。
refusal-digest-mismatch = 受信したデータが販売元のデータと一致しません。
    .advice = もう一度ダウンロードしてください。
refusal-offer-not-available = この利用方法は提供されていません。
    .advice = もう一度手続きを行い、表示された利用方法からお選びください。
refusal-already-chosen = この注文は、すでに別の利用方法で購入されています。
    .advice = 「マイオプション」をご確認ください。
refusal-ticket-invalid = ダウンロードの許可が受け付けられませんでした。
    .advice = もう一度購入手続きを行ってください。
refusal-ticket-expired = ダウンロードの許可の有効期限が切れました。
    .advice = 再開すると、新しい許可を取得します。
refusal-no-such-chunk = ダウンロードの内容が販売元のデータと合いません。
    .advice = もう一度ダウンロードしてください。
refusal-package-unavailable = 現在、このオプションを配信できません。
    .advice = しばらくしてからお試しください。販売元には通知済みです。
refusal-service-unavailable = 販売元のサービスの一部に接続できません。
    .advice = しばらくしてからお試しください。
refusal-busy = 販売元サーバーが混み合っています。
    .advice = 1 分ほど待ってから、もう一度お試しください。
refusal-storage-failed = 販売元サーバーで記録できませんでした。料金は発生していません。
    .advice = しばらくしてからお試しください。
refusal-not-found = 販売元に該当する記録がありません。
    .advice = 入力内容を確認するか、販売元にお問い合わせください。
refusal-conflict = 販売元の記録により、この操作はできません。
    .advice = 販売元にお問い合わせください。
refusal-invalid-input = 入力内容が受け付けられませんでした。
    .advice = 入力内容を訂正して、もう一度お試しください。
refusal-upload-incomplete = 販売元への送信が途中で終わりました。
    .advice = もう一度お試しください。
refusal-too-many-attempts = 入力の誤りが続いたため、一時的に受け付けを停止しています。
    .advice = しばらく(長くて 1 時間)待ってから、もう一度お試しください。
refusal-licence-ended = このオプションの利用権は終了しています。
    .advice = 引き続き必要な場合は、もう一度ご購入ください。
refusal-licence-locked = このオプションの利用権はロックされています。
    .advice = 販売元にこの機器の確認を依頼してください。
refusal-role-forbids = あなたの役割ではこの操作はできません。
    .advice = 権限のある担当者に依頼してください。
refusal-second-person-needed = この操作には別の担当者の承認が必要です。
    .advice = ほかの担当者に承認を依頼してください。
refusal-stale = 編集中に、ほかの担当者がこの内容を変更しました。
    .advice = 最新の内容を確認してから、もう一度変更してください。
refusal-trial-used = この機器では、このオプションをすでにお試しいただいています。
    .advice = ほかの利用方法をお選びください。
refusal-return-used = 一度使用したものは返品できません。
    .advice = 販売元のお客様窓口にお問い合わせください。
refusal-return-too-late = このオプションは、もう返品できません。
    .advice = 販売元のお客様窓口にお問い合わせください。

## 通信と機器の不具合

fault-link-lost = 販売元サーバーに接続できないか、接続が切れました。
    .advice = LAN ケーブルやネットワークの設定を確認して、もう一度お試しください。
fault-timeout = 販売元サーバーから応答がありませんでした。
    .advice = ネットワークを確認するか、しばらくしてからお試しください。
fault-wrong-content = 受信したデータが壊れていました。
    .advice = もう一度ダウンロードしてください。繰り返す場合は、販売元にお問い合わせください。
fault-disk-full = この機器の保存領域に空きがありません。
    .advice = 不要なオプションを削除してから、もう一度お試しください。
fault-storage = この機器にデータを保存できませんでした。
    .advice = 機器の電源を入れ直してください。繰り返す場合は、サービス窓口にご連絡ください。

## 信頼性

distrust = この機器と販売元サーバーとの間で、相互の確認ができませんでした。
    .advice = 設定のサーバーアドレスと証明書の指紋を確認するか、販売元にお問い合わせください。
not-genuine = 販売元がこの機器向けに署名したデータではないため、受け取りませんでした。
    .advice = もう一度お試しください。繰り返す場合は、販売元にご連絡ください。
outdated = 販売元サーバーから届いたオプション一覧は、有効期限が切れているか以前のものより古いため、受け取りませんでした。
    .advice = 時間をおいてもう一度お試しください。繰り返す場合は、販売元にご連絡ください。
certificate-expired = この機器の証明書の有効期限が切れたため、販売元に接続できません。
    .advice = 販売元から新しい登録コードを受け取り、「設定」の「サーバーアドレス」から登録し直してください。
not-enrolled = この機器の登録がまだ済んでいません。
    .advice = 「設定」の「サーバーアドレス」から登録してください。

## ジョブ

job-fault-document-unreadable = 文書を読み取れません。
    .advice = 文書を確認して、もう一度お試しください。
job-fault-document-unsuitable = 選択したオプションは、この種類の文書に対応していません。
    .advice = 別の文書または別のオプションをお選びください。
job-fault-document-too-large = 文書がこの機器で扱える大きさを超えています。
    .advice = 文書を分割してお試しください。
job-fault-option-damaged = この機器に保存されたオプションのデータが壊れています。
    .advice = 復元できますので、販売元にお問い合わせください。
job-fault-not-installed = オプションが未購入か、利用が終了しています。
    .advice = オプションストアで購入するか、別のオプションをお選びください。
job-fault-locked = オプションは現在ロックされています。
    .advice = 「マイオプション」で理由と対処方法をご確認ください。
job-fault-queue-full = 待機中のジョブが多すぎます。
    .advice = いくつか終わるまで待ってから、もう一度お試しください。
job-fault-too-many-programs = 1 つのジョブで使えるオプションは 4 つまでです。
    .advice = オプションの数を減らしてください。
job-fault-nothing-provides = このジョブに必要な機能を持つオプションは販売されていません。
    .advice = その機能を使わずに開始するか、販売元にお問い合わせください。
job-fault-setting-unsuitable = オプションで使えない設定値があります。
    .advice = オプションの設定を確認して、もう一度お試しください。
job-fault-program-failed = オプションのプログラムが途中で停止しました。
    .advice = 別の原稿でお試しください。繰り返す場合は販売元にお知らせください。
job-fault-program-too-greedy = オプションのプログラムが、許された時間またはメモリを超えました。
    .advice = ページを減らすか小さくしてお試しください。繰り返す場合は販売元にお知らせください。
job-fault-nothing-left = すべてのページが除かれたため、結果がありません。
    .advice = 原稿とオプションの設定を確認してください。
job-fault-tray-unwritable = 結果を排出先に出力できません。
    .advice = 出力先フォルダーの空き容量と権限を確認して、もう一度お試しください。
job-fault-result-waiting = 結果は保存されていますが、排出先に出力できません。
    .advice = 次に電源を入れたときに出力されます。使用回数は 1 回分だけ数えられています。

## ロックの理由

lock-key-missing = この機器に鍵がありません。
    .advice = 販売元に接続すると、無料で再取得します。
lock-edited = この機器の利用記録が書き換えられています。
    .advice = 販売元に通知済みか、次の接続時に通知します。販売元にお問い合わせください。
lock-clock-in-doubt = 機器の時計が進みすぎているため、利用期間を確認できません。
    .advice = 販売元に接続して正しい時刻を取得するか、時計を合わせてください。
lock-restored = この機器が以前の状態に戻されたことが検出されました。
    .advice = 販売元にこの機器の確認を依頼してください。
lock-suspended = 販売元が一時的に利用を停止しています。残りの利用分は失われません。
    .advice = 販売元にお問い合わせください。解決すると、また利用できます。
lock-package-missing = この機器に全部が揃っていません。
    .advice = 販売元に接続すると、無料で再取得します。
lock-contact-due = 従量課金のオプションですが、販売元との通信が長い間ありません。
    .advice = 販売元に接続してください。これまでの利用回数を報告すると、また使えるようになります。
