{
  "variables": {
    "sanitize%": "0",
    "faiss_include_dirs%": [],
    "faiss_library_dirs%": []
  },
  "targets": [
    {
      "target_name": "faiss",
      "sources": ["src/addon.cc", "src/index.cc", "src/index_traits.cc"],
      "include_dirs": [
        "<!@(node -p \"require('node-addon-api').include\")",
        "<@(faiss_include_dirs)"
      ],
      "library_dirs": ["<@(faiss_library_dirs)"],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
      "cflags_cc": ["-std=c++17", "-fexceptions", "-frtti", "-Wall", "-Wextra"],
      "conditions": [
        [
          "OS=='mac'",
          {
            "libraries": ["-lfaiss", "-framework Accelerate", "-lomp"],
            "cflags_cc+": ["-Xpreprocessor", "-fopenmp"],
            "xcode_settings": {
              "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
              "GCC_ENABLE_CPP_RTTI": "YES",
              "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
              "MACOSX_DEPLOYMENT_TARGET": "11.0",
              "OTHER_CPLUSPLUSFLAGS": ["-Xpreprocessor", "-fopenmp"]
            }
          },
          {
            "libraries": ["-lfaiss", "-lopenblas", "-lgomp"],
            "cflags_cc+": ["-fopenmp"]
          }
        ],
        [
          "sanitize==1",
          {
            "cflags_cc": ["-fsanitize=address", "-fno-omit-frame-pointer", "-g"],
            "ldflags": ["-fsanitize=address"]
          }
        ]
      ]
    }
  ]
}
