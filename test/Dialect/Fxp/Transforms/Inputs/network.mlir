// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A vision transformer of integers with every operation: four patches and a
// class token of four channels, two heads, a layer of six, three classes. Its
// constants are random.

func.func @forward(%image: tensor<1x4x4x3xui8>) -> tensor<1x3xi32>
    attributes {fxp.logit_scale = 1.0 : f64} {
  %we = fxp.constant dense<"0x20C23EDC4C3172583E276D088858F84772C0278E67A99DE0F95FC0E20C9B13C0843CB8E9C8AF6B5F45E4A9444D93A41F">
    : tensor<4x12xi8> -> tensor<4x12xi8>
  %be = fxp.constant dense<"0xC81500000FEDFFFFC5EDFFFF12DDFFFF">
    : tensor<4xi32> -> tensor<4xi32>
  %me = fxp.constant dense<"0xD919AE207D77CF3A0CE3943BACC83A35">
    : tensor<4xi32> -> tensor<4xi32>
  %position = fxp.constant dense<"0x7603D0FDCCFEFEFE13FECC007E03E8017D011FFEF0FD02020FFE8CFFDFFEA8FC">
    : tensor<1x4x4xi16> -> tensor<1x4x4xi16>
  %token = fxp.constant dense<"0x3800AEFF13002100">
    : tensor<1x4xi16> -> tensor<1x4xi16>
  %gamma = fxp.constant dense<"0x667A680BC6BACF0DEF15F909BF2E4608">
    : tensor<4xi32> -> tensor<4xi32>
  %beta = fxp.constant dense<"0x454C0000ED470000BDB2FFFF724A0000">
    : tensor<4xi32> -> tensor<4xi32>
  %wq = fxp.constant dense<"0x2E36D791D0DB52CFFC33D1B0FCF935AE">
    : tensor<4x4xi8> -> tensor<4x4xi8>
  %bq = fxp.constant dense<"0x23E4FFFFA2FDFFFFC5DFFFFF9F0A0000">
    : tensor<4xi32> -> tensor<4xi32>
  %wk = fxp.constant dense<"0x59E8850D4AECDEE1155883F48C36AF20">
    : tensor<4x4xi8> -> tensor<4x4xi8>
  %bk = fxp.constant dense<"0xFFF5FFFF14ECFFFF57FCFFFF01180000">
    : tensor<4xi32> -> tensor<4xi32>
  %wv = fxp.constant dense<"0xD904DB6507C147F79C1740484DDF5DCC">
    : tensor<4x4xi8> -> tensor<4x4xi8>
  %bv = fxp.constant dense<"0x88E1FFFF4314000083E8FFFF87F7FFFF">
    : tensor<4xi32> -> tensor<4xi32>
  %m4 = fxp.constant dense<"0xCD629D4BB40DA661CF982F6E0E836A4E">
    : tensor<4xi32> -> tensor<4xi32>
  %wp = fxp.constant dense<"0x6CA6D8C76D340C98D030D2CFAE4D9521">
    : tensor<4x4xi8> -> tensor<4x4xi8>
  %bp = fxp.constant dense<"0xE6EFFFFF6F040000C41A000084F1FFFF">
    : tensor<4xi32> -> tensor<4xi32>
  %w1 = fxp.constant dense<"0x398D957D1A096DE889BD3E19D954C1F527ECA68F7B6B2489">
    : tensor<6x4xi8> -> tensor<6x4xi8>
  %b1 = fxp.constant dense<"0x051C00009E07000058F7FFFF8EEDFFFFD6EDFFFFD0110000">
    : tensor<6xi32> -> tensor<6xi32>
  %m6 = fxp.constant dense<"0x6112A62D0BEC9B3520819F57EC62BE4FB7781A33A9CB8527">
    : tensor<6xi32> -> tensor<6xi32>
  %gelu = fxp.constant dense<"0xD79648E856E8F9A2F58C95F0CE4B39C15BFFAD5C2DFB8BB820B6119CBA8FF88796AE5B05F280A68CED93B6B28CB0D1B358E6BAAB485565B9F49028D557D79A8A0E6451E15C705C15F173541B4438A25CF76312D4EEB3C2246879BF00B3CF8ED13ABF129A3097AD96B442D6D1BDEF4850C3F465442EB300C337A648A6C0DBDD73FC95F5C2C451859AFE80D40AA39DFB9249F40C3EE37D961445C806F58C7CF2127DFA894F9296FCF33C08409990AC970DEDB3B843120181E9376107DBDAF6C5F3C86497EE219B01DD92F19F4954F4FEA94ED9182375882B200DAADB23CFF9193F3E70384495E04C5D5ED352226D1637C2248F1D3CCC4405DD2EA1FAFAB4BF1C46">
    : tensor<256xi8> -> tensor<256xui8>
  %w2 = fxp.constant dense<"0x33CCA712222E02CB6A720F0D1FB9C4910EBDC25641C9057A">
    : tensor<4x6xi8> -> tensor<4x6xi8>
  %b2 = fxp.constant dense<"0xF7EDFFFFD9FAFFFF5B0C0000DE160000">
    : tensor<4xi32> -> tensor<4xi32>
  %wh = fxp.constant dense<"0x3DE4AEA2378528D896132B8A">
    : tensor<3x4xi8> -> tensor<3x4xi8>
  %bh = fxp.constant dense<"0x83E8FFFFD1ECFFFFAB1D0000">
    : tensor<3xi32> -> tensor<3xi32>
  %mh = fxp.constant dense<"0x3959076CA3540C5ADBF4893E">
    : tensor<3xi32> -> tensor<3xi32>
  %0 = fxp.patches %image {height = 2 : i64, width = 2 : i64}
    : tensor<1x4x4x3xui8> -> tensor<1x4x12xui8>
  %1 = fxp.linear %0, %we, %be
    : (tensor<1x4x12xui8>, tensor<4x12xi8>, tensor<4xi32>)
    -> tensor<1x4x4xi32>
  %2 = fxp.requantize %1, %me {pre_shift = 0 : i64, shift = 5 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x4x4xi32>, tensor<4xi32>) -> tensor<1x4x4xi16>
  %3 = fxp.add %2, %position {multiplier = 1073741824 : i64, pre_shift = 12 : i64,
      shift = 11 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x4x4xi16>, tensor<1x4x4xi16>) -> tensor<1x4x4xi16>
  %4 = fxp.prepend_token %3, %token
    : (tensor<1x4x4xi16>, tensor<1x4xi16>) -> tensor<1x5x4xi16>
  %5 = fxp.layer_norm %4, %gamma, %beta {epsilon = 64 : i64,
      shift = 10 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x5x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<1x5x4xui8>
  %sq = fxp.linear %5, %wq, %bq
    : (tensor<1x5x4xui8>, tensor<4x4xi8>, tensor<4xi32>)
    -> tensor<1x5x4xi32>
  %q = fxp.requantize %sq, %m4 {pre_shift = 0 : i64, shift = 9 : i64,
      zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
    : (tensor<1x5x4xi32>, tensor<4xi32>) -> tensor<1x5x4xi8>
  %hq = fxp.split_heads %q : tensor<1x5x4xi8> -> tensor<1x2x5x2xi8>
  %sk = fxp.linear %5, %wk, %bk
    : (tensor<1x5x4xui8>, tensor<4x4xi8>, tensor<4xi32>)
    -> tensor<1x5x4xi32>
  %k = fxp.requantize %sk, %m4 {pre_shift = 0 : i64, shift = 9 : i64,
      zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
    : (tensor<1x5x4xi32>, tensor<4xi32>) -> tensor<1x5x4xi8>
  %hk = fxp.split_heads %k : tensor<1x5x4xi8> -> tensor<1x2x5x2xi8>
  %sv = fxp.linear %5, %wv, %bv
    : (tensor<1x5x4xui8>, tensor<4x4xi8>, tensor<4xi32>)
    -> tensor<1x5x4xi32>
  %v = fxp.requantize %sv, %m4 {pre_shift = 0 : i64, shift = 9 : i64,
      zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
    : (tensor<1x5x4xi32>, tensor<4xi32>) -> tensor<1x5x4xi8>
  %hv = fxp.split_heads %v : tensor<1x5x4xi8> -> tensor<1x2x5x2xi8>
  %6 = fxp.matmul %hq, %hk {transpose_rhs}
    : (tensor<1x2x5x2xi8>, tensor<1x2x5x2xi8>) -> tensor<1x2x5x5xi32>
  %y, %sum = fxp.softmax %6 {multiplier = 1400000000 : i64,
      pre_shift = 3 : i64, limit = 140000 : i64}
    : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
  %7 = fxp.matmul %y, %hv
    : (tensor<1x2x5x5xui8>, tensor<1x2x5x2xi8>) -> tensor<1x2x5x2xi32>
  %8 = fxp.normalize %7, %sum {multiplier = 274877906944 : i64,
      shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x2x5x2xi32>, tensor<1x2x5xi32>) -> tensor<1x2x5x2xui8>
  %9 = fxp.merge_heads %8 : tensor<1x2x5x2xui8> -> tensor<1x5x4xui8>
  %10 = fxp.linear %9, %wp, %bp
    : (tensor<1x5x4xui8>, tensor<4x4xi8>, tensor<4xi32>)
    -> tensor<1x5x4xi32>
  %11 = fxp.requantize %10, %m4 {pre_shift = 0 : i64, shift = 2 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x5x4xi32>, tensor<4xi32>) -> tensor<1x5x4xi16>
  %12 = fxp.add %4, %11 {multiplier = 1610612736 : i64, pre_shift = 12 : i64,
      shift = 12 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x5x4xi16>, tensor<1x5x4xi16>) -> tensor<1x5x4xi16>
  %13 = fxp.select_token %12 {index = 0 : i64}
    : tensor<1x5x4xi16> -> tensor<1x4xi16>
  %14 = fxp.layer_norm %13, %gamma, %beta {epsilon = 64 : i64,
      shift = 10 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<1x4xui8>
  %15 = fxp.linear %14, %w1, %b1
    : (tensor<1x4xui8>, tensor<6x4xi8>, tensor<6xi32>)
    -> tensor<1x6xi32>
  %16 = fxp.requantize %15, %m6 {pre_shift = 0 : i64, shift = 9 : i64,
      zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x6xi32>, tensor<6xi32>) -> tensor<1x6xui8>
  %17 = fxp.lookup %16 in %gelu
    : (tensor<1x6xui8>, tensor<256xui8>) -> tensor<1x6xui8>
  %18 = fxp.linear %17, %w2, %b2
    : (tensor<1x6xui8>, tensor<4x6xi8>, tensor<4xi32>)
    -> tensor<1x4xi32>
  %19 = fxp.requantize %18, %m4 {pre_shift = 0 : i64, shift = 5 : i64,
      zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x4xi32>, tensor<4xi32>) -> tensor<1x4xi16>
  %20 = fxp.add %13, %19 {multiplier = 1610612736 : i64, pre_shift = 12 : i64,
      shift = 12 : i64, low = -32767 : i64, high = 32767 : i64}
    : (tensor<1x4xi16>, tensor<1x4xi16>) -> tensor<1x4xi16>
  %21 = fxp.layer_norm %20, %gamma, %beta {epsilon = 64 : i64,
      shift = 10 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
    : (tensor<1x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<1x4xui8>
  %22 = fxp.linear %21, %wh, %bh
    : (tensor<1x4xui8>, tensor<3x4xi8>, tensor<3xi32>)
    -> tensor<1x3xi32>
  %23 = fxp.requantize %22, %mh {pre_shift = 0 : i64, shift = 4 : i64,
      zero_point = 0 : i64, low = -2147483647 : i64, high = 2147483647 : i64}
    : (tensor<1x3xi32>, tensor<3xi32>) -> tensor<1x3xi32>
  return %23 : tensor<1x3xi32>
}
