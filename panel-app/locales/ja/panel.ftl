# 操作パネルの文言（画面順）。キーは他の言語と必ず一致させること。一致しない場合はビルドが失敗する。

language-name = 日本語

## 共通

ok = OK
cancel = キャンセル
back = 戻る
close = 閉じる
remove = 削除
done = 完了
next = 次へ
clear = クリア
space = 空白
backspace = 1文字削除
product = Kobai 購買
try-again = もう一度試す

## ステータスバー

status-serial = 機番 { $serial }
status-clock-in-doubt = 時計を確認中
status-not-enrolled = 未登録
status-unknown = 未接続
status-up = オンライン
status-down = オフライン

## ホーム

copy = コピー
print = プリント
scan = スキャン
fax = ファクス
store = オプションストア
store-hint = 機能やフォントを追加できます
my-options = マイオプション
my-options-hint = { $count ->
    [0] まだありません
   *[other] { $count } 件を利用中
}
settings = 設定
home-not-enrolled = この機器はまだ販売元に登録されていません。登録するとオプションを購入できます。
home-register = 登録する

## オプションと価格

kind-program = 機能
kind-font-pack = フォント
version = バージョン { $version }
download-size = ダウンロード { $size }
form-permanent = 永続利用
form-permanent-meaning = 一度のお支払いで、この機器で期限なくお使いいただけます。
form-uses = { $count ->
   *[other] { $shown } 回利用
}
form-uses-meaning = { $count ->
    [1] 1 回だけお使いいただけます。使い終わると、この機器から削除されます。
   *[other] { $shown } 回までお使いいただけます。使い終わると、この機器から削除されます。
}
form-days = { $count ->
   *[other] { $shown } 日間利用
}
form-days-meaning = { $count ->
    [1] ご購入から 24 時間お使いいただけます。期間が終わると、この機器から削除されます。
   *[other] ご購入から { $shown } 日間お使いいただけます。期間が終わると、この機器から削除されます。
}
form-metered = 従量課金
form-metered-meaning = ご利用 1 回ごとに料金がかかります。ほかの料金はかかりません。回数の制限はなく、いつでも削除できます。販売元との定期的な通信が必要です。
price-each = 1 回 { $price }
price-from = { $price } から
installed = 利用可能

## 残り

left-unlimited = 期限なし
left-none = 最後の 1 回を使い終わり、オプションを削除しました。
left-uses = { $count ->
   *[other] 残り { $shown } 回
}
left-days = { $days ->
   *[other] 残り { $days } 日 { $hours } 時間
}
left-hours = 残り { $hours } 時間 { $minutes } 分
left-minutes = 残り { $minutes } 分
left-moment = 残り 1 分未満
left-both = { $time }、その後 { $uses }
left-used = { $count ->
   *[other] これまで { $shown } 回
}
left-ending = ジョブ終了後に終了
left-locked = ロック中

## まもなく終了

soon-one = { $name }: { $left }
soon-more = ほか { $count } 件
soon-contact = { $days ->
   *[other] 販売元と通信できないと { $days } 日以内にロック
}

## ストア

store-search = オプションを検索
store-refresh = 更新
store-empty = 現在、販売中のオプションはありません。
store-no-match = 「{ $text }」に該当するオプションはありません。
store-loading = カタログを読み込んでいます…

## 購入

step-confirm = 確認
step-download = ダウンロード
step-buy = 購入
step-done = 完了
offer-title = オプションの購入
offer-prices = 価格
offer-note-choice = OK を押すとダウンロードを始めます。利用方法は完了後にお選びいただき、それまで料金は発生しません。
offer-note-single = OK を押すとダウンロードを始め、完了すると { $price } で購入します。
offer-note-trial = OK を押すとダウンロードを始め、完了すると無料でお試しいただけます。
offer-trial = 無料お試し
offer-top-up = { $left }。購入した分が加算されます。この機器にあるものは再度ダウンロードしません。
offer-renew = { $left }。新しい期間は、今の期間が終わると始まります。この機器にあるものは再度ダウンロードしません。
offer-note-metered = OK を押すとダウンロードを始めます。ダウンロードは無料で、ご利用 1 回ごとに { $price } かかります。
wanted-by-copy = このコピーには、次のオプションが必要です。
wanted-by-print = このプリントには、次のオプションが必要です。
wanted-by-scan = このスキャンには、次のオプションが必要です。
wanted-by-fax = このファクス送信には、次のオプションが必要です。
contract-title = 契約ユーザー ID の入力
contract-prompt = 契約書に記載されている 10 桁の番号を入力してください。
contract-pin = PIN(契約に設定されている場合)
contract-pin-short = PIN は 4 ~ 12 桁です。
contract-blocked = { $minutes ->
   *[other] 入力の誤りが続いたため、一時的に受け付けを停止しています。あと約 { $minutes } 分お待ちください。
}
contract-why = この機器にはお客様情報が登録されていないため、ご購入者の確認が必要です。
contract-digits = 契約ユーザー ID
contract-check-digit = 番号に誤りがあります。契約書の番号と見比べてください。
contract-complete = 入力が完了しました。OK を押してください。
contract-missing = { $count ->
   *[other] あと { $count } 桁
}
requesting-title = 購入内容を確認しています
requesting-text = 販売元に問い合わせています。数秒かかります。
downloading-title = ダウンロード中
downloading-amount = { $done } / { $total }
downloading-speed = 毎秒 { $speed }
downloading-estimating = 速度を測定しています…
downloading-seconds = 残り約 { $seconds } 秒
downloading-minutes = 残り約 { $minutes } 分
downloading-hours = 残り約 { $hours } 時間
downloading-reconnecting = 再接続しています。受信済みの分は保存されています。
downloading-note = ダウンロードをキャンセルしても、料金は発生しません。
downloading-bar = ダウンロードの進み具合
choose-title = 利用方法の選択
choose-prompt = ダウンロードが完了しました。利用方法をお選びください。
choose-price-changed = ダウンロードが完了しました。価格が変わりましたので、ご確認のうえ購入してください。
choose-permanent = 買い取り
choose-temporary = 一時利用
choose-metered = 従量課金
choose-button = { $price } で購入
choose-try = 試してみる
buying-title = 購入手続きをしています
buying-text = しばらくお待ちください。電源を切らないでください。
done-title = 購入が完了しました
done-text = 「{ $name }」をご利用いただけます。
done-price = 価格
done-form = 利用方法
done-order = 注文番号 { $order }
done-next = 「マイオプション」で確認できます。料金は次回のご請求に含まれます。
done-next-metered = 「マイオプション」で確認できます。料金はご利用分ごとにご請求します。
done-back-copy = コピーに戻る
done-back-print = プリントに戻る
done-back-scan = スキャンに戻る
done-back-fax = ファクスに戻る
failed-title = 購入できませんでした
failed-title-other = 処理を完了できませんでした
failed-reason = 原因
failed-advice = 対処方法
failed-kept = ダウンロード済みの分は保存されています。
failed-code = コード：{ $code }
failed-continue = 続きから再開
failed-start-again = 最初からやり直す

## マイオプション

my-empty = 利用できるオプションはありません。
my-to-store = オプションストアを開く
my-installed = 利用中
my-ended = 利用終了
my-since = { $date } に { $price } で購入
my-top-up = 追加購入
my-top-up-named = { $name }を追加購入
my-renew = 更新
my-renew-named = { $name }を更新
my-since-metered = { $date } から、{ $price }
my-remove-title = このオプションを削除しますか？
my-remove-text = 「{ $name }」をこの機器から完全に削除します。残りの利用分は失われ、返金されません。
my-remove-text-metered = 「{ $name }」をこの機器から完全に削除します。これまでのご利用分は請求されます。
my-remove-keep = 削除しない
my-remove-confirm = 完全に削除する
my-return = 返品する
my-return-text = まだ使用していないため、{ $date } までは返品でき、{ $price } が返金（クレジット）されます。
my-returning = 返品できるか、販売元に確認しています。
my-remove-named = { $name }を削除
ended-used-up = 利用回数を使い切りました · { $date }
ended-period-over = 利用期間が終了しました · { $date }
ended-removed = 削除しました · { $date }
ended-replaced = 買い取りに切り替えました · { $date }
ended-returned = 返品しました · { $date }
ended-moved = 別の機器に移しました · { $date }
ended-revoked = 販売元が利用権を取り消しました · { $date }

## 設定

settings-language = 表示言語
settings-server = サーバーアドレス
settings-server-none = 未設定
settings-warn = オプション終了前のお知らせ
settings-warn-uses = { $count ->
   *[other] 残り { $count } 回から
}
settings-warn-no-uses = 回数では知らせない
settings-warn-days = { $count ->
   *[other] 残り { $count } 日から
}
settings-warn-no-days = 日数では知らせない
settings-less = 減らす: { $setting }
settings-more = 増やす: { $setting }
settings-about = この機器について
settings-product = 製品
settings-serial = 機番
settings-customer = お客様
settings-vendor = 販売元サーバー
settings-fingerprint = 証明書の指紋
settings-unset = —

## サーバーアドレス

server-title = サーバーアドレスと機器の登録
server-intro = 販売元から案内された 4 つの項目を入力してください。
server-enrolled = この機器は登録済みです。登録し直すには、新しい登録コードが必要です。
server-vendor = サーバーアドレス
server-vendor-help = ホスト名または IP アドレスとポート番号をコロンで区切ります。例：vendor.example.com:4433
server-vendor-error = 「ホスト:ポート」の形で入力してください。例：vendor.example.com:4433
server-fingerprint = 証明書の指紋
server-fingerprint-help = 0～9 と a～f の 64 桁です。コロンは省略できます。
server-fingerprint-error = 0～9 と a～f の 64 桁で入力してください。
server-serial = 機番
server-serial-help = この機器の銘板に記載されています。
server-serial-error = 英大文字、数字、ハイフンの 4～32 文字で入力してください。
server-code = 登録コード
server-code-help = 英数字 26 文字です。一度だけ使えます。ハイフンは省略できます。
server-code-error = 英字 A～Z と数字 2～7 の 26 文字で入力してください。
server-empty = タップして入力
server-register = 登録する
server-busy = 登録しています…

## ジョブ

job-documents-copy = 原稿
job-documents-print = プリント待ちの文書
job-documents-scan = 原稿
job-documents-fax = 送信する原稿
job-no-documents = 文書がありません。
job-options = 使用するオプション
job-no-option = オプションなし
job-no-option-hint = 標準の機能を使います
job-not-installed = 未購入 · { $price }
job-start-copy = コピーを開始
job-start-print = プリントを開始
job-start-scan = スキャンを開始
job-start-fax = 送信を開始
job-choose-document = 文書を選んでください。
job-buy-first = 選択したオプションは未購入です。開始すると購入画面に進みます。
job-running = 処理しています…
job-running-text = 「{ $document }」を処理しています。
job-finished = 終了しました
job-finished-text = 出力先：{ $output }
job-failed = ジョブを完了できませんでした
job-failed-note = 利用回数は減っていません。
job-waiting = 順番を待っています
job-waiting-text = 「{ $document }」は待機中です。順番になると自動的に始まります。
job-leave = 実行したままにする
job-progress = ジョブの進み具合
job-reading = 原稿を読み取っています
job-pages = { $pages } ページ
job-page-of = { $page } / { $pages } ページ
job-page-of-with = { $page } / { $pages } ページ・{ $name }
job-output = 結果を出力しています
job-needs = オプションが足りません
job-needs-text = 「{ $document }」のジョブには「{ $name }」が必要です。
job-needs-note = 購入するか、なしで続けるまで待機します。
job-give-up = ジョブを中止
job-go-without = なしで続ける
job-see-offer = 購入画面へ
job-finished-more = ほか { $count } ファイル
job-settings-of = 設定: { $name }
job-as-pdf = PDF で出力
job-as-png = PNG で出力
job-split = 仕切り紙で分割
job-face = 書体: { $face }
job-faces = 書体
job-own-face = 本体の標準書体
on = オン
off = オフ
setting-less = { $name }を減らす
setting-more = { $name }を増やす
jobs = ジョブ一覧
jobs-none = 待機中や実行中のジョブはありません。
jobs-in-short = ジョブ { $count } 件
jobs-needs = 必要: { $name }
providers-title = 選択: { $name }
wanted-one-by-copy = このコピーには、次のいずれかのオプションが必要です。
wanted-one-by-print = このプリントには、次のいずれかのオプションが必要です。
wanted-one-by-scan = このスキャンには、次のいずれかのオプションが必要です。
wanted-one-by-fax = このファクスには、次のいずれかのオプションが必要です。
feature-text-recognition = 文字認識
feature-code-reading = コード読み取り
feature-blank-page-removal = 白紙ページの除去
feature-deskew = 傾き補正
feature-watermark = 透かし
feature-clean-up = 画像の補正
feature-page-numbering = ページ番号
feature-face = 書体 { $face }
