func.func @forward(%arg0: tensor<1x16x8x3xui8>) -> tensor<1x5xf32> {
  %0 = deit.patch_embed %arg0, %w, %b : (tensor<1x16x8x3xui8>, tensor<6x4x4x3xf32>, tensor<6xf32>) -> tensor<1x8x6xf32>
  %1 = deit.split_heads %0 : tensor<1x9x6xf32> -> tensor<1x2x9x3xf32>
  %2 = deit.softmax %1 : tensor<1x2x9x9xf32> -> tensor<1x2x9x9xf32>
  %3 = deit.gelu %2 : tensor<1x9x24xf32> -> tensor<1x9x24xf32>
  %4 = deit.softmax %3 : tensor<1x2x9x9xf32> -> tensor<1x2x9x9xf32>
}
