;; What the hot path does with words of the mapping that JavaScript does slowly: see hot-words.ts, which says what each function
;; does, and does the same in JavaScript. `npm run hot-words` makes hot-words-module.ts of this file.
;; Indices count words of four bytes from the start of the mapping; a record's header has 32 bytes (src/layout/record.ts).
(module
  (import "" "memory" (memory 1 65536 shared))

  (func (export "load") (param $index i32) (result i32)
    (i32.atomic.load (i32.shl (local.get $index) (i32.const 2))))

  (func (export "storeThenLoad") (param $index i32) (param $value i32) (param $loadIndex i32) (result i32)
    (i32.atomic.store (i32.shl (local.get $index) (i32.const 2)) (local.get $value))
    (i32.atomic.load (i32.shl (local.get $loadIndex) (i32.const 2))))

  ;; By eight bytes: half the stores, which wait in a queue while cache lines move from the other core.
  (func (export "repeatHeader") (param $index i32) (param $stride i32) (param $count i32)
    (local $at i32) (local $first i64) (local $sequence i64) (local $time i64) (local $last i64)
    (local.set $at (i32.shl (local.get $index) (i32.const 2)))
    (local.set $first (i64.load (local.get $at)))
    (local.set $sequence (i64.load offset=8 (local.get $at)))
    (local.set $time (i64.load offset=16 (local.get $at)))
    (local.set $last (i64.load offset=24 (local.get $at)))
    (loop $next
      (local.set $at (i32.add (local.get $at) (local.get $stride)))
      (local.set $sequence (i64.add (local.get $sequence) (i64.const 1)))
      (i64.store (local.get $at) (local.get $first))
      (i64.store offset=8 (local.get $at) (local.get $sequence))
      (i64.store offset=16 (local.get $at) (local.get $time))
      (i64.store offset=24 (local.get $at) (local.get $last))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  (func (export "sealAndPublish")
    (param $index i32) (param $kind i32) (param $sequenceLow i32) (param $sequenceHigh i32)
    (param $timeLow i32) (param $timeHigh i32) (param $length i32)
    (param $end i32) (param $entry i32) (param $head i32) (param $bell i32) (result i32)
    (local $at i32) (local $sequence i64)
    (local.set $at (i32.shl (local.get $index) (i32.const 2)))
    (local.set $sequence (i64.or (i64.extend_i32_u (local.get $sequenceLow)) (i64.shl (i64.extend_i32_u (local.get $sequenceHigh)) (i64.const 32))))
    (i64.store (local.get $at) (i64.or (i64.extend_i32_u (i32.const 0x534d5248)) (i64.shl (i64.extend_i32_u (local.get $kind)) (i64.const 32))))
    (i64.store offset=8 (local.get $at) (local.get $sequence))
    (i64.store offset=16 (local.get $at) (i64.or (i64.extend_i32_u (local.get $timeLow)) (i64.shl (i64.extend_i32_u (local.get $timeHigh)) (i64.const 32))))
    (i64.store offset=24 (local.get $at) (i64.extend_i32_u (local.get $length)))
    (local.set $at (i32.shl (local.get $entry) (i32.const 2)))
    (i32.store (local.get $at) (local.get $end))
    (i64.store offset=4 align=4 (local.get $at) (i64.add (local.get $sequence) (i64.const 1)))
    (i32.atomic.store (i32.shl (local.get $head) (i32.const 2)) (local.get $end))
    (i32.atomic.load (i32.shl (local.get $bell) (i32.const 2)))))
