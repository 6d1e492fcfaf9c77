"""Networks that several tests build."""

EVERY_OTHER_KIND = (
    "pad:1:2:0:3,crop:1,resize:32,conv:4:3:stride2:same:silu,depthwise:2:3:stride2:relu6,prelu:shared,maxpool:3:stride2:same,"
    "activation:leaky_relu:0.1,activation:elu:0.5,activation:relu:4,prelu,avgpool:3:stride1:same,flatten,prelu,"
    "dense:16:gelu,dense:7:mish,dense:10:softmax"
)
