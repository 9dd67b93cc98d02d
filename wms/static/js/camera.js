/* The camera as a scanner: the browser's own BarcodeDetector where it has one, else the decoder we ship. Closes on the first code. */
const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_39"];

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = reject;
    document.head.appendChild(script);
  });
}

async function makeDetector() {
  if ("BarcodeDetector" in window) {
    const known = await window.BarcodeDetector.getSupportedFormats();
    if (known.includes("data_matrix")) {
      return new window.BarcodeDetector({ formats: FORMATS.filter((format) => known.includes(format)) });
    }
  }
  const vendor = new URL("../vendor/", import.meta.url).href;
  await loadScript(vendor + "barcode-detector.js");
  const api = window.BarcodeDetectionAPI;
  api.setZXingModuleOverrides({ locateFile: (path) => (path.endsWith(".wasm") ? vendor + "zxing_reader.wasm" : vendor + path) });
  return new api.BarcodeDetector({ formats: FORMATS });
}

export async function open(take) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  let detector;
  try {
    detector = await makeDetector();
  } catch (problem) {
    stop();
    throw problem;
  }
  const box = document.createElement("div");
  box.className = "camera";
  const video = document.createElement("video");
  video.playsInline = true;
  video.muted = true;
  video.srcObject = stream;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "key";
  close.textContent = "✕";
  box.append(video, close);
  document.body.append(box);
  let isOpen = true;
  const end = () => {
    isOpen = false;
    stop();
    box.remove();
  };
  close.addEventListener("click", end);
  await video.play();
  while (isOpen) {
    const codes = await detector.detect(video).catch(() => []);
    if (isOpen && codes.length) {
      end();
      take(codes[0].rawValue);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
}
