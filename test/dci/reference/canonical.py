"""Prints what Python makes of JSON texts: [[text, canonical], ...]. Run it to make canonical.json anew."""

import json
import random
import struct

FIXED = r"""
0
-0
-0.0
0.0
0e5
-0e-5
1
100.0
1.10
9007199254740993
-123456789012345678901234567890
9007199254740993.0
12345678901234567890.0
9999999999999998.0
1e15
1e16
1E5
1e+5
1e21
1e22
1e23
1.5e300
1e400
-1e400
0.1
0.0001
0.00001
1e-7
1.2345678e-10
5e-324
2.2250738585072014e-308
1.7976931348623157e308
123456.789
9.5604
""
"\/\"\\\b\f\n\r\t\u0000\u001f"
"\u007f\u0080\u00e9\u2028\ufeff\uffff"
"José Ñandú 😀"
"\ud83d\ude00 \ud83d \ude00"
[]
{}
[1,[2,{}],null,true,false]
{"b":1,"a":2,"B":3,"A":4,"":5,"10":6,"9":7}
{"\ue000":1,"😀":2,"\ud800":3,"z":4,"\uffff":5}
{"\ud800\u001f":1,"\ud800 ":2}
{"\ud83d\ude00":1,"\ud83d":2,"\ud83d\uffff":3,"\ud83d\ud83d":4,"\ud83d\udc00":5}
{"__proto__":{"constructor":1},"constructor":2,"toString":[]}
{ "spaces" : [ 1 , 2 ] }
"""


def random_float(rng):
    while True:
        value = struct.unpack("d", struct.pack("Q", rng.getrandbits(64)))[0]
        if value == value and abs(value) != float("inf"):
            return value


def main():
    rng = random.Random(1)
    texts = FIXED.strip().split("\n")
    texts += [repr(random_float(rng)) for _ in range(25)]
    texts += ["%d.%de%d" % (rng.randint(0, 99), rng.randint(0, 10**6), rng.randint(-25, 25)) for _ in range(25)]
    rows = [[t, json.dumps(json.loads(t), sort_keys=True, separators=(",", ":"))] for t in texts]
    print(json.dumps(rows, indent=2))


main()
